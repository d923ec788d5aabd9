// Asking for a link to a new password.

import { api } from './api.js';
import { $, done, onSubmit } from './ui.js';


onSubmit($('form'), async ({ email }) => {
    const answer = await api('POST', '/api/auth/forgot-password',
                             { email: email.value }, { anonymous: true });

    $('form').hidden = true;
    done(answer.message);
    $('title').focus();
});
