// Stands in for Apex: each method that a component calls, with the same gateway calls behind it.

import { address, authorised, Problem, state } from './gateway.js';
import { methods as config } from './config.js';
import { label } from './labels.js';
import { base, org } from './org.js';

const MOST = 200;

async function getHighlights({ recordId }) {
    const answer = await authorised(`/api/v1/people?sfdc_id=${encodeURIComponent(recordId)}`);
    const [found] = answer.people;
    if (!found) {
        return { state: answer.arrival === 'looking' ? 'looking' : 'absent' };
    }
    const moment = found.last_moment;
    const person = {
        name: found.name,
        score: found.score,
        stars: found.stars ?? 0,
        flames: found.flames ?? 0,
        complete: found.history !== 'loading',
        momentType: moment?.type,
        momentDescription: moment?.description,
        momentAt: moment ? new Date(moment.at).toISOString() : undefined
    };
    return { state: 'found', person };
}

async function allowed(action) {
    const { settings } = await state();
    const field = { email: 'Allow_Email__c', campaign: 'Allow_Campaign__c' }[action];
    if (!field || !settings?.Actions_Enabled__c || !settings[field]) {
        throw new Problem('SWITCHED_OFF');
    }
}

async function recipients(recordIds) {
    if (recordIds.length === 0) {
        throw new Problem('INVALID', label('MSI_List_NoneChosen'));
    }
    if (recordIds.length > MOST) {
        throw new Problem('INVALID', label('MSI_List_TooMany').replace('{0}', String(MOST)));
    }
    const object = recordIds[0].startsWith('00Q') ? 'Lead' : 'Contact';
    const ids = recordIds.map((id) => `'${id}'`).join(', ');
    const soql = `SELECT Id, Name, Email, HasOptedOutOfEmail FROM ${object} WHERE Id IN (${ids}) LIMIT ${MOST}`;
    const url = `${base}/salesforce/services/data/v67.0/query?q=${encodeURIComponent(soql)}`;
    const answer = await (await fetch(url, { headers: { Authorization: `Bearer ${org.session}` } })).json();
    return answer.records.map((record) => ({
        recordId: record.Id,
        name: record.Name,
        reachable: Boolean(record.Email) && !record.HasOptedOutOfEmail
    }));
}

async function prepare({ action, recordIds }) {
    await allowed(action);
    const chosen = await recipients(recordIds);
    const path =
        action === 'email' ? '/api/v1/templates?limit=200' : '/api/v1/campaigns?kind=sales&limit=200';
    const { items } = await authorised(path).catch((problem) => {
        throw problem.kind === 'NOT_FOUND' ? new Problem('UNSUPPORTED') : problem;
    });
    return { recipients: chosen, choices: items.map(({ id, name }) => ({ choiceId: id, name })) };
}

async function start({ action, choiceId, recordIds, idempotencyKey }) {
    await allowed(action);
    const isEmail = action === 'email';
    const path = isEmail ? '/api/v1/circulars' : '/api/v1/sales-launches';
    const choice = isEmail ? { template_id: choiceId } : { campaign_id: choiceId };
    const answer = await authorised(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey },
        body: JSON.stringify({ sfdc_ids: recordIds, ...(choiceId ? choice : {}) })
    });
    return {
        accepted: isEmail ? answer.reached : answer.count,
        skipped: isEmail ? answer.left_out + answer.unknown.length : answer.left_out.length,
        address: `${await address()}/admin/${isEmail ? 'circulars' : 'launches'}/${answer.id}`
    };
}

const METHODS = {
    ...config,
    'MsiHighlightsController.getHighlights': getHighlights,
    'MsiListActionController.prepare': prepare,
    'MsiListActionController.start': start
};

/** Calls an Apex method; a failure crosses as the platform hands it over. */
export async function call(method, parameters) {
    try {
        return await METHODS[method](parameters);
    } catch ({ kind, message, remedy }) {
        const error = new Error(message);
        error.body = { message: kind ? JSON.stringify({ kind, message, remedy }) : message };
        throw error;
    }
}
