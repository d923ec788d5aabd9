// Settings > Security, the second step of signing in, and the way back for one
// who has forgotten the password.

import { createHmac } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { is, ok, sleep, until } from './tap.mjs';

import { ada, otto, secrets, signIn, visit } from './pages.mjs';


// What a phone shows (RFC 6238); never the same code twice.
class Authenticator {
    constructor(secret) {
        const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
        const bits = [...secret].map(
            (c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');

        this.key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
        this.last = 0;
    }

    async code() {
        const now = () => Math.floor(Date.now() / 30000);
        const step = Math.max(now(), this.last + 1);

        while (step > now() + 1) {
            await sleep(200);
        }

        this.last = step;

        const count = Buffer.alloc(8);

        count.writeBigInt64BE(BigInt(step));

        const mac = createHmac('sha1', this.key).update(count).digest();
        const at = mac[19] & 15;

        return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000)
            .padStart(6, '0');
    }
}


async function password(v, text, verb) {
    await v.dialog().getByLabel('Password', { exact: true }).fill(text);
    await v.button(verb, v.dialog()).click();
}


// The recovery codes that a dialog shows.
async function codes(v) {
    await v.$('#codes[open]').waitFor();

    return v.$('#code-list li').allTextContents();
}


async function enrol(v) {
    await v.go('/login?return_to=/settings/security');
    await signIn(v, ada);
    await v.at('/settings/security');

    await v.button('Set it up').click();
    await password(v, 'wrong', 'Continue');
    is(await v.fault('#ask-password'), 'The password is incorrect.',
       'two factors ask for the password once more');
    is(v.refusals(), ['POST /api/user/two-factor 422'], 'the API does');

    await password(v, ada.password, 'Continue');
    await v.$('#scan[open]').waitFor();

    const secret = (await v.$('#secret').textContent()).replace(/ /g, '');
    const phone = new Authenticator(secret);

    secrets.add(secret);
    ok(/^[A-Z2-7]{32}$/.test(secret), 'the secret is shown');
    ok((await v.$('#otpauth').getAttribute('href'))
       .includes(`secret=${secret}`), 'and can be opened');
    ok((await v.$('#qr svg path').getAttribute('d')).length > 1000
       && await v.$('#qr').isVisible(), 'and scanned');
    is(await v.$('#qr *').count(), 2, 'nothing else came with the picture');
    await v.shot('two-factor');

    await v.page.getByLabel('Code', { exact: true }).fill('12345');
    await v.button('Switch it on').click();
    is(await v.fault('#code'),
       'The provided two factor authentication code was invalid.',
       'a wrong code is told at the field');
    is(v.refusals(), ['POST /api/user/two-factor/confirm 422'],
       'by the API');

    await v.page.getByLabel('Code', { exact: true }).fill(await phone.code());
    await v.button('Switch it on').click();

    const list = await codes(v);

    is(list.length, 8, 'the right one gives 8 recovery codes');
    await v.shot('recovery-codes');

    const [file] = await Promise.all([
        v.page.waitForEvent('download'), v.button('Download').click(),
    ]);
    const text = await readFile(await file.path(), 'utf8');

    ok(list.every((code) => text.includes(`${code}\n`)),
       'which can be kept as a file', text.length);

    await v.button('Copy').click();
    await v.page.getByText('Copied.').waitFor();
    is(await v.page.evaluate(() => navigator.clipboard.readText()),
       list.join('\n'), 'and copied');

    await v.button('I have stored them').click();
    await v.page.getByText('You have 8 recovery codes left.').waitFor();
    await v.page.waitForFunction(
        (all) => !all.some((t) => document.body.innerHTML.includes(t)),
        [...list, secret]);
    ok(true, 'neither they nor the secret can be seen again');

    return { phone, list };
}


async function second(v, phone) {
    await v.button('Sign out').click();
    await v.at('/login');
    await signIn(v, ada);
    await v.page.getByLabel('Code', { exact: true }).waitFor();
    is(await v.page.evaluate(() => document.activeElement.id), 'code',
       'signing in asks for a code');

    await v.page.keyboard.type('12345');
    await v.page.keyboard.press('Enter');
    is(await v.fault('#code'),
       'The provided two factor authentication code was invalid.',
       'a wrong one is told at the field');
    is(v.refusals(), ['POST /api/auth/2fa 422'], 'by the API');
    await v.shot('login-code');

    await v.page.getByLabel('Code', { exact: true }).fill(await phone.code());
    await v.page.keyboard.press('Enter');
    await v.at('/settings/api-keys');
    ok(true, 'the right one signs in');
}


async function recover(v, code) {
    await v.go('/login');
    await signIn(v, ada);
    await v.button('Use a recovery code instead').click();
    await v.page.getByLabel('Recovery code').fill(code.toUpperCase());
    await v.button('Continue').click();
    await v.at('/settings/api-keys');
    ok(true, 'so does a recovery code');
}


async function sessions(v, other) {
    const own = v.$('#session-list li').filter({ hasText: 'This one' });
    const rows = v.$('#session-list li').filter({ hasText: 'Session' })
        .filter({ hasNotText: 'This one' });

    await v.go('/settings/security');
    await v.page.getByText('You have 7 recovery codes left.').waitFor();
    ok(true, 'which is gone then');
    await rows.first().waitFor();
    is([await own.count(), await rows.count()], [1, 1],
       'both sessions are listed');
    ok((await own.locator('h3').textContent()).startsWith('Chrome on Linux'),
       'as what they are');

    await v.button('End Chrome on Linux').click();
    await v.button('End', v.dialog()).click();
    await rows.first().waitFor({ state: 'detached' });

    await other.go('/settings/api-keys');
    await other.at('/login');
    ok(other.refusals().every((r) => r.endsWith(' 401')),
       'one that is ended has to sign in again');

    await v.button('New recovery codes').click();
    await password(v, ada.password, 'Make new codes');
    is((await codes(v)).length, 8, 'there can be new recovery codes');
    await v.button('I have stored them').click();
    await v.page.getByText('You have 8 recovery codes left.').waitFor();
}


async function change(v, other) {
    const fresh = 'another long password';
    const fields = async (current, next) => {
        await v.page.getByLabel('Current password', { exact: true })
            .fill(current);
        await v.page.getByLabel('New password', { exact: true }).fill(next);
        await v.button('Change the password').click();
    };

    await fields('wrong', fresh);
    ok(await v.fault('#current_password'),
       'a wrong password is told at the field');
    await fields(ada.password, 'short');
    ok(await v.fault('#password'), 'so is one that is too short');

    const refused = v.refusals();

    ok(refused.length && refused.every((r) => r === 'PUT /api/user/password 422'),
       'by the API', refused);

    await fields(ada.password, fresh);
    await v.page.getByText('Your password has been changed.').waitFor();
    is(await v.page.getByLabel('Current password', { exact: true })
        .inputValue(), '', 'the password can be changed');
    ada.password = fresh;
    secrets.add(fresh);

    await other.go('/settings/api-keys');
    await other.at('/login');
    ok(other.refusals().every((r) => r.endsWith(' 401')),
       'which ends the other sessions');

    await v.button('Switch it off').click();
    await password(v, fresh, 'Switch it off');
    await v.page.getByText('Two-factor sign-in is off.').waitFor();
    await v.button('Set it up').waitFor();
    ok(true, 'two factors can be switched off');

    await v.button('Sign out Chrome on Linux').click();
    await v.button('Sign out', v.dialog()).click();
    await v.at('/login');
    ok(true, 'ending this session leads out');
}


// The link that a mail to somebody has.
function link(email) {
    const dir = join(process.env.SIMRELAY_DIR, 'mail');

    return until(async () => {
        for (const file of await readdir(dir)) {
            const mail = (await readFile(join(dir, file), 'utf8'))
                .replace(/=\r?\n/g, '').replace(/=3D/g, '=');
            const found = /http\S+\/reset-password#token=\w+/.exec(mail);

            if (found && file.endsWith('.eml') && mail.includes(email)) {
                return found[0];
            }
        }

        return null;
    }, `a mail to ${email} in ${dir}`);
}


async function reset(v) {
    const fresh = 'a password to remember';

    await v.go('/login');
    await v.page.getByText('Forgot your password?').click();
    await v.page.getByLabel('Email').fill('nobody@example.com');
    await v.button('Send the link').click();

    const said = await v.$('#done').filter({ hasText: /./ }).textContent();

    await v.go('/forgot-password');
    await v.page.getByLabel('Email').fill(otto.email);
    await v.button('Send the link').click();
    is(await v.$('#done').filter({ hasText: /./ }).textContent(), said,
       'it is not said who has an account');

    const to = await link(otto.email);

    secrets.add(to.split('=')[1]);
    await v.go(to.replace(/^https?:\/\/[^/]+/, v.base));
    await v.page.getByLabel('New password', { exact: true }).waitFor();
    is(v.page.url(), `${v.base}/reset-password`,
       'the token does not stay in the address');

    await v.page.getByLabel('New password', { exact: true }).fill('short');
    await v.button('Save').click();
    ok(await v.fault('#password'), 'a short password is told at the field');
    v.refusals();

    await v.page.getByLabel('New password', { exact: true }).fill(fresh);
    await v.button('Save').click();
    await v.page.getByText('Your password has been reset.').waitFor();
    otto.password = fresh;

    await v.page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(v, otto);
    await v.at('/settings/api-keys');
    ok(true, 'the new password signs in');

    await v.go(to.replace(/^https?:\/\/[^/]+/, v.base));
    await v.page.getByLabel('New password', { exact: true }).fill(fresh);
    await v.button('Save').click();
    await v.page.getByText('This password reset token is invalid.').waitFor();
    ok(await v.page.getByRole('link', { name: 'Ask for a new link' })
        .isVisible(), 'a link works once, and says where to get another');
    is(v.refusals(), ['POST /api/auth/reset-password 422'], 'by the API');
}


export async function accounts(browser) {
    await visit(browser, 'security', async (v) => {
        const { phone, list } = await enrol(v);

        await second(v, phone);

        await visit(browser, 'another session', async (other) => {
            await recover(other, list[0]);
            await sessions(v, other);
            await signIn(other, ada);
            await other.page.getByLabel('Code', { exact: true })
                .fill(await phone.code());
            await other.page.keyboard.press('Enter');
            await other.at('/settings/api-keys');
            other.refusals();
            await change(v, other);
        });
    }, { permissions: ['clipboard-read', 'clipboard-write'] });

    await visit(browser, 'reset', reset);
}
