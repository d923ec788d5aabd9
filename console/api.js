// The JSON API, called as the person whose session cookie the browser keeps.


const cookies = ['__Host-simrelay_csrf', 'simrelay_csrf'];

let leaving = false;


// What the API, or the way to it, refused.
export class Failure extends Error {
    constructor(status, body = {}, wait = 0) {
        super(body.message || 'Something went wrong.');

        this.status = status;
        this.errors = body.errors || {};
        this.wait = wait;
    }

    // Nothing was wrong with what was asked.
    get passing() {
        return this.status === 0 || this.status >= 500;
    }

    get text() {
        if (this.status === 429) {
            return `Too many attempts. Try again ${after(this.wait)}.`;
        }

        if (this.status === 0) {
            return 'The server cannot be reached.';
        }

        if (this.passing) {
            return 'The service cannot answer just now.';
        }

        return this.message;
    }
}


// Calls and returns the answer's body.  A session that has ended leads to the
// sign-in page, unless the caller is "anonymous".
export async function api(method, path, body, { anonymous = false } = {}) {
    const headers = { Accept: 'application/json' };
    let response;
    let answer;

    if (body !== undefined) {
        headers['Content-Type'] = 'application/json';
    }

    if (method !== 'GET') {
        headers['X-CSRF-Token'] = csrf();
    }

    try {
        response = await fetch(path, {
            method, headers, mode: 'cors', credentials: 'same-origin',
            cache: 'no-store', redirect: 'error',
            body: body === undefined ? undefined : JSON.stringify(body),
        });

        answer = response.status === 204 ? null : await response.json();

    } catch {
        throw new Failure(response && !response.ok ? response.status : 0);
    }

    if (response.ok) {
        return answer;
    }

    if (response.status === 401 && !anonymous) {
        return signIn();
    }

    throw new Failure(response.status, answer,
                      Number(response.headers.get('Retry-After')) || 0);
}


// The token that shows that a page of ours is asking; only it can read this
// cookie.
export function csrf() {
    const first = location.protocol === 'https:' ? cookies
                                                 : [...cookies].reverse();

    for (const name of first) {
        for (const pair of document.cookie.split('; ')) {
            if (pair.startsWith(`${name}=`) && pair.length > name.length + 1) {
                return pair.slice(name.length + 1);
            }
        }
    }

    return '';
}


// Leaves for the sign-in page, which comes back here.
export function signIn() {
    const here = location.pathname + location.search;

    for (const name of cookies) {
        document.cookie = `${name}=; Path=/; Max-Age=0; SameSite=Lax`
                          + (name.startsWith('__') ? '; Secure' : '');
    }

    // once, though several calls may have been under way
    if (!leaving) {
        leaving = true;
        location.replace(`/login?return_to=${encodeURIComponent(here)}`);
    }

    return new Promise(() => { /* the page is going */ });
}


export async function signOut() {
    await api('POST', '/api/auth/logout');
}


// Where the address's return_to leads, if to a page of ours.
export function returnTo(usual = '/settings/api-keys') {
    const to = new URLSearchParams(location.search).get('return_to');

    if (to === null || !/^\/(?![/\\])/.test(to)) {
        return usual;
    }

    try {
        const url = new URL(to, location.origin);

        return url.origin === location.origin ? url.href : usual;

    } catch {
        return usual;
    }
}


function after(seconds) {
    if (seconds <= 0) {
        return 'in a moment';
    }

    if (seconds < 90) {
        return `in ${seconds} second${seconds === 1 ? '' : 's'}`;
    }

    return `in ${Math.ceil(seconds / 60)} minutes`;
}
