import { createElement } from 'lwc';
import LightningConfirm from 'lightning/confirm';
import MsiConfig from 'c/msiConfig';
import getConfig from '@salesforce/apex/MsiConfigController.getConfig';
import save from '@salesforce/apex/MsiConfigController.save';
import storeSecretKey from '@salesforce/apex/MsiConfigController.storeSecretKey';
import registerCertificate from '@salesforce/apex/MsiConfigController.registerCertificate';
import runDiagnostics from '@salesforce/apex/MsiConfigController.runDiagnostics';
import reset from '@salesforce/apex/MsiConfigController.reset';

jest.mock('@salesforce/apex/MsiConfigController.getConfig', () => ({ default: jest.fn() }), {
    virtual: true
});
jest.mock('@salesforce/apex/MsiConfigController.save', () => ({ default: jest.fn() }), { virtual: true });
jest.mock('@salesforce/apex/MsiConfigController.storeSecretKey', () => ({ default: jest.fn() }), {
    virtual: true
});
jest.mock('@salesforce/apex/MsiConfigController.registerCertificate', () => ({ default: jest.fn() }), {
    virtual: true
});
jest.mock('@salesforce/apex/MsiConfigController.runDiagnostics', () => ({ default: jest.fn() }), {
    virtual: true
});
jest.mock('@salesforce/apex/MsiConfigController.reset', () => ({ default: jest.fn() }), { virtual: true });
jest.mock('lightning/confirm', () => ({ __esModule: true, default: { open: jest.fn() } }), { virtual: true });

const CONFIG = {
    gatewayAddress: 'https://msi.example.com',
    certificateName: 'MSI_Gateway',
    timeoutSeconds: 10,
    tabOrder: ['moments', 'web', 'email', 'score'],
    actionsEnabled: true,
    allowEmail: true,
    allowCampaign: true,
    allowCall: true,
    allowTask: true,
    showUpcomingCampaigns: true,
    showUpcomingTasks: true,
    debugLogging: false
};
const settle = () => new Promise(process.nextTick);
const find = (element, id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);
const field = (element, name) => element.shadowRoot.querySelector(`[data-field="${name}"]`);

async function show(config = CONFIG) {
    getConfig.mockResolvedValue(config);
    const element = createElement('c-msi-config', { is: MsiConfig });
    document.body.appendChild(element);
    await settle();
    return element;
}

async function type(input, value) {
    input.value = value;
    input.dispatchEvent(new CustomEvent('change', { detail: { value } }));
    await settle();
}

async function tick(input, checked) {
    input.type = 'checkbox';
    input.checked = checked;
    input.dispatchEvent(new CustomEvent('change', { detail: { checked } }));
    await settle();
}

async function press(element, id) {
    find(element, id).click();
    await settle();
}

describe('c-msi-config', () => {
    afterEach(() => {
        document.body.replaceChildren();
        jest.resetAllMocks();
    });

    it('saves what the admin changed', async () => {
        save.mockResolvedValue(CONFIG);
        const element = await show();
        await type(field(element, 'gatewayAddress'), 'https://other.example.com');
        await tick(field(element, 'allowTask'), false);
        await press(element, 'save');

        expect(save).toHaveBeenCalledWith({
            config: { ...CONFIG, gatewayAddress: 'https://other.example.com', allowTask: false }
        });
        expect(find(element, 'notice').textContent).toBe('c.MSI_Config_Saved');
    });

    it('sends the timeout as a number', async () => {
        save.mockResolvedValue(CONFIG);
        const element = await show();
        await type(field(element, 'timeoutSeconds'), '30');
        await press(element, 'save');

        expect(save.mock.calls[0][0].config.timeoutSeconds).toBe(30);
    });

    it('greys the switches while Actions is off', async () => {
        const element = await show({ ...CONFIG, actionsEnabled: false });
        expect(field(element, 'allowEmail').disabled).toBe(true);
        await tick(field(element, 'actionsEnabled'), true);
        expect(field(element, 'allowEmail').disabled).toBe(false);
    });

    it('moves a tab, and none beyond the ends', async () => {
        const element = await show();
        const names = () => [...find(element, 'tabs').children].map((item) => item.dataset.tab);
        element.shadowRoot.querySelector('[data-tab="web"][data-step="-1"]').click();
        await settle();
        expect(names()).toEqual(['web', 'moments', 'email', 'score']);
        element.shadowRoot.querySelector('[data-tab="web"][data-step="-1"]').click();
        await settle();
        expect(names()).toEqual(['web', 'moments', 'email', 'score']);
    });

    it('hands the secret key over once and keeps nothing of it', async () => {
        storeSecretKey.mockResolvedValue({ ...CONFIG, secretStoredAt: '2026-01-02T03:04:05Z' });
        const element = await show();
        expect(find(element, 'store-secret').disabled).toBe(true);
        await type(find(element, 'secret'), 'typed-key');
        await press(element, 'store-secret');

        expect(storeSecretKey).toHaveBeenCalledWith({ secretKey: 'typed-key' });
        expect(find(element, 'secret').value).toBe('');
        expect(find(element, 'stored-at')).not.toBeNull();
    });

    it('registers the certificate without losing what was typed elsewhere', async () => {
        registerCertificate.mockResolvedValue({ ...CONFIG, certificateRegisteredAt: '2026-01-02T03:04:05Z' });
        const element = await show();
        await type(field(element, 'certificateName'), 'Other');
        await type(find(element, 'pem'), '-----BEGIN CERTIFICATE-----');
        await press(element, 'register');

        expect(registerCertificate).toHaveBeenCalledWith({ pem: '-----BEGIN CERTIFICATE-----' });
        expect(find(element, 'registered-at')).not.toBeNull();
        expect(field(element, 'certificateName').value).toBe('Other');
    });

    it('shows each check of the diagnostics', async () => {
        const checks = [{ key: 'gateway.reachable', title: 'Answers', state: 'failed', remedy: 'Start it' }];
        runDiagnostics.mockResolvedValue(checks);
        const element = await show();
        await press(element, 'diagnose');

        expect(element.shadowRoot.querySelector('c-msi-checks').checks).toEqual(checks);
    });

    it('resets only after a yes', async () => {
        reset.mockResolvedValue({ ...CONFIG, gatewayAddress: null });
        const element = await show();
        LightningConfirm.open.mockResolvedValueOnce(false);
        await press(element, 'reset');
        expect(reset).not.toHaveBeenCalled();
        LightningConfirm.open.mockResolvedValueOnce(true);
        await press(element, 'reset');
        expect(reset).toHaveBeenCalledTimes(1);
        expect(find(element, 'notice').textContent).toBe('c.MSI_Config_ResetDone');
    });

    it('shows what a refusal says and what to do', async () => {
        save.mockRejectedValue({
            body: { message: JSON.stringify({ message: 'No https', remedy: 'Correct it' }) }
        });
        const element = await show();
        await press(element, 'save');

        expect(find(element, 'problem').textContent).toContain('Correct it');
        expect(find(element, 'save').disabled).toBe(false);
    });

    it.each([
        'SECRET_KEY',
        'REVOKED',
        'UNPROVEN',
        'TIMEOUT',
        'UNREACHABLE',
        'UNTRUSTED',
        'BUSY',
        'SUSPENDED'
    ])('says what to do when a registration ends in %s, and keeps what was pasted', async (kind) => {
        const message = JSON.stringify({
            kind,
            message: `What ${kind} is`,
            remedy: `What helps with ${kind}`
        });
        registerCertificate.mockRejectedValue({ body: { message } });
        const element = await show();
        await type(find(element, 'pem'), 'pasted');
        await press(element, 'register');

        const shown = find(element, 'problem');
        expect(shown.getAttribute('role')).toBe('alert');
        expect(shown.textContent).toContain(`What ${kind} is`);
        expect(shown.textContent).toContain(`What helps with ${kind}`);
        expect(find(element, 'pem').value).toBe('pasted');
        expect(find(element, 'register').disabled).toBe(false);
    });

    it('keeps a secret key that could not be stored, for another try', async () => {
        const message = JSON.stringify({ kind: 'NO_ACCESS', message: 'No', remedy: 'Permission set' });
        storeSecretKey.mockRejectedValue({ body: { message } });
        const element = await show();
        await type(find(element, 'secret'), 'msk_x');
        await press(element, 'store-secret');

        expect(find(element, 'problem').textContent).toContain('Permission set');
        expect(find(element, 'secret').value).toBe('msk_x');
    });

    it('shows nothing to edit to somebody who is no admin', async () => {
        getConfig.mockRejectedValue({
            body: { message: JSON.stringify({ message: 'Admins only', remedy: 'Ask' }) }
        });
        const element = createElement('c-msi-config', { is: MsiConfig });
        document.body.appendChild(element);
        await settle();

        expect(find(element, 'save')).toBeNull();
        expect(find(element, 'problem').textContent).toContain('Admins only');
    });
});
