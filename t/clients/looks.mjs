// How a page looks to people: does it fit, can it be read, does it say what its
// fields are, can it be used without a mouse?


// All of it at once; a list of what is wrong.
export async function faults(page) {
    return [
        ...await page.evaluate(fits),
        ...await page.evaluate(named),
        ...await page.evaluate(readable),
    ];
}


// Functions of the page.

function fits() {
    const found = [];
    const width = document.documentElement.scrollWidth;

    if (width > innerWidth) {
        found.push(`the page is ${width} wide`);
    }

    for (const dialog of document.querySelectorAll('dialog[open]')) {
        if (dialog.scrollWidth > dialog.clientWidth) {
            found.push(`the dialog's content is ${dialog.scrollWidth} wide`);
        }
    }

    return found;
}


function named() {
    const found = [];
    const seen = (e) => e.checkVisibility();
    const text = (e) => (e.getAttribute('aria-label') || e.textContent).trim();

    for (const e of document.querySelectorAll('input, select, textarea')) {
        if (seen(e) && ![...e.labels].some((l) => text(l))
            && !e.getAttribute('aria-label'))
        {
            found.push(`${e.name} has no label`);
        }
    }

    for (const e of document.querySelectorAll('button, a[href]')) {
        if (seen(e) && !text(e)) {
            found.push(`${e.outerHTML} has no name`);
        }
    }

    for (const e of document.querySelectorAll('img:not([alt])')) {
        found.push(`${e.src} has no alternative`);
    }

    if (!document.documentElement.lang || !document.title) {
        found.push('the page has no language or title');
    }

    if (document.querySelectorAll('h1').length === 0
        || document.querySelectorAll('main').length !== 1)
    {
        found.push('the page has no h1 or main');
    }

    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);

    found.push(...ids.filter((id, i) => ids.indexOf(id) !== i)
                     .map((id) => `the id ${id} is there twice`));

    return found;
}


// Of WCAG 2: 4.5 to 1, of large texts 3 to 1.
function readable() {
    const found = [];
    const numbers = (c) => c.match(/[\d.]+/g).map(Number);

    const luminance = (colour) => {
        const [r, g, b] = numbers(colour).map((v) => {
            const s = v / 255;

            return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
        });

        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };

    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            const [, , , alpha = 1] = numbers(colour);

            if (alpha === 1) {
                return colour;
            }
        }

        return 'rgb(255, 255, 255)';
    };

    const texts = document.createTreeWalker(document.body,
                                            NodeFilter.SHOW_TEXT);

    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const text = texts.currentNode.textContent.trim();

        if (text === '' || !element.checkVisibility()) {
            continue;
        }

        const style = getComputedStyle(element);
        const size = parseFloat(style.fontSize);
        const large = size >= 24
                      || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const [light, dark] = [luminance(style.color),
                               luminance(behind(element))]
            .sort((a, b) => b - a);
        const ratio = (light + 0.05) / (dark + 0.05);

        if (ratio < (large ? 3 : 4.5)) {
            found.push(`"${text.slice(0, 30)}" has ${ratio.toFixed(2)} to 1`);
        }
    }

    return found;
}


// Goes through the page by Tab, until it begins anew.  Returns the names of
// what it came to, and those where nothing showed that it was there.
export async function tour(page) {
    const names = [];
    const unseen = [];

    // from the page's beginning
    await page.evaluate(() => {
        const start = document.createElement('p');

        start.tabIndex = -1;
        document.body.prepend(start);
        start.focus();
        start.remove();
    });

    for (let i = 0; i < 100; i++) {
        await page.keyboard.press('Tab');

        const at = await page.evaluate(() => {
            const e = document.activeElement;

            if (e === document.body || e.dataset.toured) {
                return null;
            }

            e.dataset.toured = 'yes';

            const style = getComputedStyle(e);
            const box = e.getBoundingClientRect();
            const label = e.labels && e.labels[0]
                          && e.labels[0].textContent;

            return {
                name: (e.getAttribute('aria-label') || label
                       || e.textContent || e.name).trim(),
                shown: style.outlineStyle !== 'none'
                       && parseFloat(style.outlineWidth) >= 2
                       && box.bottom > 0 && box.top < innerHeight,
            };
        });

        if (at === null) {
            break;
        }

        names.push(at.name);

        if (!at.shown) {
            unseen.push(at.name);
        }
    }

    return { names, unseen };
}
