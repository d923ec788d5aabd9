// Chromium for the tests of the pages: visits that note whatever goes wrong,
// and pictures of what was seen.

import { mkdirSync } from 'node:fs';

import { chromium } from 'playwright-core';

import { until } from './tap.mjs';


const wait = 30000;

export const sizes = {
    desktop: { width: 1280, height: 800 },
    phone: { width: 360, height: 740 },
};


export function launch() {
    const root = process.getuid() === 0;

    return chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: ['--disable-dev-shm-usage', ...(root ? ['--no-sandbox'] : [])],
    });
}


// A window of its own, with the cookies of no other or of another visit.
export class Visit {
    static async begin(browser, { size = 'desktop', scheme = 'light',
                                  cookies = [],
                                  base = process.env.SIMRELAY_URL,
                                  ...options } = {}) {
        const v = new Visit();

        v.base = base;
        v.name = `${size}-${scheme}`;
        v.faults = [];          // what the console and the policies say
        v.refused = [];         // answers of 400 and more
        v.urls = [];

        v.context = await browser.newContext({
            baseURL: v.base, viewport: sizes[size], colorScheme: scheme,
            reducedMotion: 'reduce', ...options,
        });
        v.context.setDefaultTimeout(wait);

        if (cookies.length) {
            await v.context.addCookies(cookies);
        }

        await v.context.exposeFunction('violated', (text) => {
            v.faults.push(`violation: ${text}`);
        });
        await v.context.addInitScript(() => {
            addEventListener('securitypolicyviolation', (e) => {
                window.violated(`${e.effectiveDirective} ${e.blockedURI}`);
            });
        });

        v.page = await v.context.newPage();
        v.listen(v.page);

        return v;
    }

    listen(page) {
        page.on('pageerror', (e) => this.faults.push(`error: ${e.stack}`));
        page.on('request', (r) => this.urls.push(r.url()));

        // what the server refuses is noted as such
        page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())
                && !message.text().startsWith('Failed to load resource'))
            {
                this.faults.push(`${message.type()}: ${message.text()}`);
            }
        });

        page.on('response', (response) => {
            if (response.status() >= 400) {
                const { pathname } = new URL(response.url());

                this.refused.push(`${response.request().method()} ${pathname}`
                                  + ` ${response.status()}`);
            }
        });
    }

    // What was refused since the last look.
    refusals() {
        return this.refused.splice(0);
    }

    go(path) {
        return this.page.goto(path);
    }

    // Until the page is there, whatever was loading on the way.
    async at(path) {
        await until(() => new URL(this.page.url()).pathname === path,
                    `${path} comes`);
        await this.page.waitForLoadState();
    }

    $(selector) {
        return this.page.locator(selector);
    }

    button(name, where = this.page) {
        return where.getByRole('button', { name, exact: true });
    }

    dialog() {
        return this.$('dialog[open]');
    }

    // The text at a field that was refused, and whether the field says so.
    async fault(selector) {
        const field = this.$(`${selector}[aria-invalid="true"]`);
        const ids = await field.getAttribute('aria-describedby');
        const texts = [];

        for (const id of ids.split(' ')) {
            texts.push(await this.$(`#${id}.error`).count()
                       ? await this.$(`#${id}`).textContent() : '');
        }

        return texts.join('');
    }

    async shot(name) {
        mkdirSync(process.env.SHOTS, { recursive: true });

        await this.page.screenshot({
            path: `${process.env.SHOTS}/${name}-${this.name}.png`,
            fullPage: await this.dialog().count() === 0,
        });
    }

    cookies() {
        return this.context.cookies();
    }

    end() {
        return this.context.close();
    }
}
