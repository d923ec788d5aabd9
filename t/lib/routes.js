// The route table as it is compiled: the rows of ngx_simrelay_routes.c, with
// their macros and enumerators evaluated.

'use strict';

const fs = require('fs');
const path = require('path');

const root = path.resolve(__dirname, '..', '..', 'ngx_simrelay_module');
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

const sources = ['core/sr_principal.h', 'http/ngx_simrelay.h',
                 'http/ngx_simrelay_routes.c'].map(read);

// name -> text of its value
const names = new Map();

for (const text of sources) {
    for (const [, name, value] of
         text.matchAll(/^#define +(\w+)\s+((?:.*\\\n)*.*)$/gm))
    {
        names.set(name, value.replace(/\\\n|\/\*.*\*\//g, ' '));
    }

    for (const [, name, value] of
         text.matchAll(/^ +(\w+) *= *(0x[0-9a-fA-F]+|\d+)\b/gm))
    {
        names.set(name, value);
    }
}


// Macros replaced, until there is none.
function expand(text) {
    const more = text.replace(/[A-Za-z_]\w*/g, (name) =>
        names.has(name) ? `(${names.get(name)})` : name);

    return more === text ? text : expand(more);
}


// The number that an expression of C is.
function number(text) {
    const expanded = expand(text);

    if (!/^[\s()|0-9a-fxA-F]+$/.test(expanded)) {
        throw new Error(`"${text}" is no number: ${expanded}`);
    }

    return new Function(`return ${expanded}`)();
}


// [{ methods: ['PUT', 'PATCH'], path, auth, ability, flags, body, handler }]
function routes() {
    const table = /ngx_simrelay_routes\[\] = \{(.*)^\};/ms
                      .exec(sources[2])[1].replace(/"\s+"/g, '');
    const field = '\\s*([^,{}]+?)\\s*';
    const row = new RegExp(`\\{${field},\\s*ngx_string\\("([^"]+)"\\),`
                           + `${field},${field},${field},${field},${field},`
                           + '\\s*(\\w+)\\s*\\}', 'g');

    const rows = [...table.matchAll(row)].map((m) => ({
        methods: [...expand(m[1]).matchAll(/NGX_HTTP_(\w+)/g)]
                     .map(([, name]) => name),
        path: m[2],
        auth: number(m[3]),
        ability: number(m[4]),
        flags: number(m[5]),
        body: m[6] !== '0',
        handler: m[8],
    }));

    if (rows.length !== table.split('ngx_string').length - 1
        || rows.some((r) => r.methods.length === 0))
    {
        throw new Error('the route table is not understood');
    }

    return rows;
}


module.exports = { number, routes };
