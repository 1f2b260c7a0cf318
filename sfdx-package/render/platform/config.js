// MsiConfigController, MsiDiagnostics and MsiPostInstall as far as an emulated org can answer for them.

import { address, assertion, authorised, freshToken, Problem, send, state } from './gateway.js';
import { label } from './labels.js';
import { org } from './org.js';

const TABS = ['moments', 'web', 'email', 'score'];
const FIELDS = {
    gatewayAddress: 'Gateway_Address__c',
    certificateName: 'Certificate_Name__c',
    timeoutSeconds: 'Timeout_Seconds__c',
    actionsEnabled: 'Actions_Enabled__c',
    allowEmail: 'Allow_Email__c',
    allowCampaign: 'Allow_Campaign__c',
    allowCall: 'Allow_Call__c',
    allowTask: 'Allow_Task__c',
    showUpcomingCampaigns: 'Show_Upcoming_Campaigns__c',
    showUpcomingTasks: 'Show_Upcoming_Tasks__c',
    debugLogging: 'Debug_Logging__c',
    certificateRegisteredAt: 'Certificate_Registered_At__c',
    secretStoredAt: 'Secret_Stored_At__c'
};
const KEPT_APART = new Set(['certificateRegisteredAt', 'secretStoredAt']);

async function read() {
    const { settings, version } = await state();
    const config = Object.fromEntries(
        Object.entries(FIELDS).map(([name, field]) => [name, settings?.[field] ?? undefined])
    );
    const ordered = (settings?.Tab_Order__c ?? '').split(',').filter((tab) => TABS.includes(tab));
    config.tabOrder = [...ordered, ...TABS.filter((tab) => !ordered.includes(tab))];
    config.timeoutSeconds ??= 10;
    config.packageVersion = version;
    return config;
}

async function change(settings) {
    const known = (await state()).settings;
    await state({ settings: { ...known, ...settings } });
    return read();
}

// The platform's https rule, but for a machine that talks to itself.
function origin(text) {
    const trimmed = (text ?? '').trim().replace(/\/$/, '').toLowerCase();
    if (
        trimmed &&
        !/^(https:\/\/[a-z0-9.-]+|http:\/\/(127\.0\.0\.1|localhost))(:[0-9]{1,5})?$/.test(trimmed)
    ) {
        throw new Problem('INVALID', label('MSI_Config_AddressInvalid'));
    }
    return trimmed || null;
}

async function save({ config }) {
    const settings = Object.fromEntries(
        Object.entries(FIELDS)
            .filter(([name]) => !KEPT_APART.has(name))
            .map(([name, field]) => [field, config[name] ?? null])
    );
    settings.Gateway_Address__c = origin(config.gatewayAddress);
    if (config.timeoutSeconds < 1 || config.timeoutSeconds > 120) {
        throw new Problem('INVALID', label('MSI_Config_TimeoutInvalid'));
    }
    settings.Tab_Order__c = config.tabOrder.join(',');
    return change(settings);
}

async function storeSecretKey({ secretKey }) {
    if (!secretKey?.trim() || secretKey.includes('&')) {
        throw new Problem('INVALID', label('MSI_Config_SecretInvalid'));
    }
    await state({ secret_key: secretKey.trim() });
    return change({ Secret_Stored_At__c: new Date().toISOString() });
}

async function registerCertificate({ pem }) {
    const trimmed = (pem ?? '').trim();
    if (!trimmed.startsWith('-----BEGIN CERTIFICATE-----') || trimmed.includes('PRIVATE KEY')) {
        throw new Problem('INVALID', label('MSI_Config_PemInvalid'));
    }
    const { secret_key: key, settings } = await state();
    const body = {
        org_id: org.id,
        name: settings?.Certificate_Name__c,
        certificate_pem: trimmed,
        assertion: await assertion()
    };
    // the platform adds the header to a callout of the named credential
    const headers = { 'Content-Type': 'application/json', ...(key ? { 'X-Msi-Secret-Key': key } : {}) };
    const url = `${await address()}/api/v1/org/certificates`;
    await send(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return change({ Certificate_Registered_At__c: new Date().toISOString() });
}

async function reset() {
    await state({ settings: null, secret_key: null });
    return read();
}

async function runDiagnostics() {
    const checks = [];
    let status;
    const attempt = async (key, title, work) => {
        if (checks.some((check) => check.state === 'failed')) {
            checks.push({ key, title, state: 'skipped' });
            return;
        }
        try {
            checks.push({ key, title, state: 'ok', message: await work() });
        } catch (problem) {
            const { message, remedy } = problem;
            checks.push({ key, title, state: 'failed', message, remedy });
        }
    };
    const version = (await state()).version;
    await attempt('gateway.address', label('MSI_Check_Address'), address);
    await attempt('gateway.reachable', label('MSI_Check_Reachable'), async () => {
        const response = await fetch(`${await address()}/healthz`).catch(() => undefined);
        if (!response?.ok) {
            throw new Problem('UNREACHABLE');
        }
    });
    await attempt('org.certificate', label('MSI_Check_Certificate'), async () => {
        await assertion();
        return (await state()).settings.Certificate_Name__c;
    });
    await attempt('gateway.token', label('MSI_Check_Token'), async () => void (await freshToken()));
    await attempt('gateway.account', label('MSI_Check_Account'), async () => {
        status = await authorised(`/api/v1/org/status?package_version=${version}`);
        return status.name;
    });
    await attempt('package.version', label('MSI_Check_Version'), async () => version);
    if (status?.package === 'old') {
        const text = label('MSI_Check_VersionOld');
        const message = text.replace('{0}', version).replace('{1}', status.minimum_package_version);
        const old = { state: 'attention', message, remedy: label('MSI_Remedy_UpgradePackage') };
        Object.assign(checks.at(-1), old);
    }
    return checks;
}

async function getSteps() {
    const { settings, reps } = await state();
    const step = (key, title, done, message, remedy) => ({
        key,
        title: label(title),
        state: done ? 'ok' : 'attention',
        message,
        remedy: done ? undefined : label(remedy)
    });
    return [
        step(
            'gateway.address',
            'MSI_Check_Address',
            settings?.Gateway_Address__c,
            settings?.Gateway_Address__c,
            'MSI_Remedy_NotConfigured'
        ),
        step(
            'org.registered',
            'MSI_Config_Register',
            settings?.Certificate_Registered_At__c,
            undefined,
            'MSI_Remedy_Register'
        ),
        step('permission.assigned', 'MSI_Check_Assigned', reps > 0, String(reps), 'MSI_Remedy_Assign'),
        step(
            'actions.enabled',
            'MSI_Config_EnableActions',
            settings?.Actions_Enabled__c,
            undefined,
            'MSI_Remedy_SwitchedOff'
        )
    ];
}

export const methods = {
    'MsiConfigController.getConfig': read,
    'MsiConfigController.save': save,
    'MsiConfigController.storeSecretKey': storeSecretKey,
    'MsiConfigController.registerCertificate': registerCertificate,
    'MsiConfigController.runDiagnostics': runDiagnostics,
    'MsiConfigController.reset': reset,
    'MsiSetupController.getSteps': getSteps
};
