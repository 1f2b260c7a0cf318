// The calls of MsiGateway, MsiToken and MsiCall, made by the browser: the emulated org signs, the gateway is the real one.

import { base, org } from './org.js';
import { label } from './labels.js';

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SLUG = 'urn:msi-gateway:problem:';
const KINDS_BY_SLUG = {
    'secret_key.rejected': 'SECRET_KEY',
    'secret_key.missing': 'SECRET_KEY',
    'certificate.revoked': 'REVOKED',
    'certificate.not_proven': 'UNPROVEN',
    'tenant.suspended': 'SUSPENDED'
};
const KINDS_BY_STATUS = {
    400: 'INVALID',
    401: 'REFUSED',
    403: 'NO_ACCESS',
    404: 'NOT_FOUND',
    408: 'UNREACHABLE',
    409: 'INVALID',
    413: 'INVALID',
    415: 'INVALID',
    422: 'INVALID',
    429: 'BUSY',
    503: 'UNREACHABLE',
    504: 'UNREACHABLE'
};
// Kinds whose sentence is the gateway's own; all others have one in the user's language.
const TOLD_BY_THE_GATEWAY = new Set(['INVALID', 'NO_ACCESS', 'NOT_FOUND', 'BROKEN']);

let token;

/** A failure as Apex would hand it to a component. */
export class Problem extends Error {
    constructor(kind, detail) {
        super(detail || label(`MSI_Problem_${words(kind)}`));
        this.kind = kind;
        this.remedy = label(`MSI_Remedy_${words(kind)}`);
    }
}

// NOT_FOUND is NotFound in the names of labels.
function words(kind) {
    return kind
        .toLowerCase()
        .split('_')
        .map((word) => word[0].toUpperCase() + word.slice(1))
        .join('');
}

/** What the emulated org remembers of the package: its settings and the stored key. */
export async function state(changes) {
    const address = `${base}/_control/salesforce/package`;
    const options = changes
        ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(changes) }
        : {};
    return (await fetch(address, options)).json();
}

/** Where the gateway is, as the admin configured it. */
export async function address() {
    const configured = (await state()).settings?.Gateway_Address__c;
    if (!configured) {
        throw new Problem('NOT_CONFIGURED');
    }
    return configured;
}

export async function send(url, options = {}, seconds = 10) {
    let response;
    try {
        response = await fetch(url, { ...options, signal: AbortSignal.timeout(seconds * 1000) });
    } catch (failure) {
        throw new Problem(failure.name === 'TimeoutError' ? 'TIMEOUT' : 'UNREACHABLE');
    }
    if (response.ok) {
        const text = await response.text();
        try {
            return JSON.parse(text || '{}');
        } catch {
            throw new Problem('BROKEN');
        }
    }
    const said = await response.json().catch(() => ({}));
    const slug = String(said.type ?? '').replace(SLUG, '');
    const kind = KINDS_BY_SLUG[slug] ?? KINDS_BY_STATUS[response.status] ?? 'BROKEN';
    throw new Problem(kind, TOLD_BY_THE_GATEWAY.has(kind) ? said.detail : undefined);
}

/** What the org's certificate signs for the running user. */
export async function assertion() {
    const audience = encodeURIComponent(`${await address()}/oauth/token`);
    const url = `${base}/salesforce/apex/assertion?user=${org.user}&aud=${audience}`;
    return (await send(url, { method: 'POST' })).assertion;
}

export async function freshToken() {
    const form = new URLSearchParams({ grant_type: GRANT, assertion: await assertion() });
    token = (await send(`${await address()}/oauth/token`, { method: 'POST', body: form })).access_token;
    return token;
}

/** A call with the user's token; a token that the gateway no longer takes is replaced once. */
export async function authorised(path, options = {}) {
    const url = (await address()) + path;
    const as = (bearer) => ({
        ...options,
        headers: { ...options.headers, Authorization: `Bearer ${bearer}` }
    });
    try {
        return await send(url, as(token ?? (await freshToken())));
    } catch (refused) {
        if (refused.kind !== 'REFUSED') {
            throw refused;
        }
        return send(url, as(await freshToken()));
    }
}
