// TAP for the client tests: checks, and waits that end.

let count = 0;
let failed = 0;


export function ok(condition, name, detail) {
    count++;

    if (condition) {
        console.log(`ok ${count} - ${name}`);
        return true;
    }

    failed++;
    console.log(`not ok ${count} - ${name}`);

    if (detail !== undefined) {
        console.log(`# ${JSON.stringify(detail)}`);
    }

    return false;
}


export function is(got, expected, name) {
    return ok(JSON.stringify(got) === JSON.stringify(expected), name,
              { got, expected });
}


// Waits for a promise, at most ms; then fails the whole file.
export function within(promise, what, ms = 10000) {
    let timer;

    const late = new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`${what}: took over ${ms} ms`)),
                           ms);
    });

    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}


export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));


// Calls look until it returns something; then fails the whole file.
export async function until(look, what, ms = 60000) {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) {
        const got = await look();

        if (got) {
            return got;
        }
    }

    throw new Error(`${what}: not within ${ms} ms`);
}


export async function run(test) {
    try {
        await test();

    } catch (e) {
        ok(false, 'the test runs to its end', String(e && e.stack || e));
    }

    console.log(`1..${count}`);
    process.exit(failed ? 1 : 0);
}
