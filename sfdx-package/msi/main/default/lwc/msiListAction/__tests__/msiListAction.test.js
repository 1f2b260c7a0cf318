import { createElement } from 'lwc';
import MsiListAction from 'c/msiListAction';
import prepare from '@salesforce/apex/MsiListActionController.prepare';
import start from '@salesforce/apex/MsiListActionController.start';

jest.mock('@salesforce/apex/MsiListActionController.prepare', () => ({ default: jest.fn() }), {
    virtual: true
});
jest.mock('@salesforce/apex/MsiListActionController.start', () => ({ default: jest.fn() }), {
    virtual: true
});

const PREPARED = {
    recipients: [
        { recordId: '00Q1', name: 'Ada', reachable: true },
        { recordId: '00Q2', name: 'Ben', reachable: false }
    ],
    choices: [{ choiceId: 't1', name: 'Hello' }]
};
const settle = () => new Promise(process.nextTick);
const find = (element, id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);

async function show(action, recordIds = '00Q1,00Q2') {
    const element = createElement('c-msi-list-action', { is: MsiListAction });
    Object.assign(element, { action, recordIds });
    document.body.appendChild(element);
    await settle();
    return element;
}

async function choose(element, value) {
    element.shadowRoot
        .querySelector('lightning-combobox')
        .dispatchEvent(new CustomEvent('change', { detail: { value } }));
    await settle();
}

describe('c-msi-list-action', () => {
    let keys = 0;
    beforeEach(() => {
        Object.defineProperty(globalThis, 'crypto', {
            value: { randomUUID: () => `key-${++keys}` },
            configurable: true
        });
    });

    afterEach(() => {
        document.body.replaceChildren();
        jest.resetAllMocks();
    });

    it('leaves out of an e-mail who cannot be mailed, by name', async () => {
        prepare.mockResolvedValue(PREPARED);
        const element = await show('email');

        expect(prepare).toHaveBeenCalledWith({ action: 'email', recordIds: ['00Q1', '00Q2'] });
        expect(find(element, 'recipients').children).toHaveLength(1);
        expect(find(element, 'left-out')).not.toBeNull();
    });

    it('begins an e-mail, without a template too, and opens the page where it is written', async () => {
        const open = jest.spyOn(window, 'open').mockReturnValue(null);
        prepare.mockResolvedValue({ ...PREPARED, choices: [] });
        start.mockResolvedValue({
            accepted: 1,
            skipped: 0,
            address: 'https://msi.example.com/admin/circulars/c1'
        });
        const element = await show('email');
        element.shadowRoot.querySelector('lightning-button').click();
        await settle();

        expect(start).toHaveBeenCalledWith({
            action: 'email',
            choiceId: '',
            recordIds: ['00Q1'],
            idempotencyKey: expect.any(String)
        });
        expect(open).toHaveBeenCalledWith('https://msi.example.com/admin/circulars/c1', '_blank', 'noopener');
        expect(find(element, 'address').href).toBe('https://msi.example.com/admin/circulars/c1');
        expect(find(element, 'outcome').textContent).toBeTruthy();
    });

    it('cannot start a campaign before one is chosen', async () => {
        prepare.mockResolvedValue(PREPARED);
        const element = await show('campaign');

        expect(element.shadowRoot.querySelector('lightning-button').disabled).toBe(true);
        expect(find(element, 'address')).toBeNull();
    });

    it.each(['UNSUPPORTED', 'SWITCHED_OFF', 'NO_ACCESS', 'REFUSED', 'TIMEOUT', 'UNREACHABLE', 'BUSY'])(
        'says what to do when %s keeps it from beginning',
        async (kind) => {
            const message = JSON.stringify({
                kind,
                message: `What ${kind} is`,
                remedy: `What helps with ${kind}`
            });
            prepare.mockRejectedValue({ body: { message } });
            const element = await show('email');

            expect(find(element, 'problem').textContent).toContain(`What ${kind} is`);
            expect(find(element, 'problem').textContent).toContain(`What helps with ${kind}`);
            expect(element.shadowRoot.querySelector('lightning-button')).toBeNull();
            expect(start).not.toHaveBeenCalled();
        }
    );

    it('prepares a campaign for everybody, and opens the page where it is started', async () => {
        const open = jest.spyOn(window, 'open').mockReturnValue(null);
        prepare.mockResolvedValue(PREPARED);
        start.mockResolvedValue({
            accepted: 2,
            skipped: 0,
            address: 'https://msi.example.com/admin/launches/c1'
        });
        const element = await show('campaign');
        await choose(element, 't1');
        element.shadowRoot.querySelector('lightning-button').click();
        await settle();

        expect(start).toHaveBeenCalledWith(
            expect.objectContaining({ action: 'campaign', choiceId: 't1', recordIds: ['00Q1', '00Q2'] })
        );
        expect(open).toHaveBeenCalledWith('https://msi.example.com/admin/launches/c1', '_blank', 'noopener');
        expect(find(element, 'address').href).toBe('https://msi.example.com/admin/launches/c1');
        expect(find(element, 'outcome')).not.toBeNull();
        expect(element.shadowRoot.querySelector('lightning-button')).toBeNull();
    });

    it('tries one decision again with the same key', async () => {
        prepare.mockResolvedValue(PREPARED);
        start
            .mockRejectedValueOnce({ body: { message: 'lost' } })
            .mockResolvedValueOnce({ accepted: 1, skipped: 0 });
        const element = await show('email');
        await choose(element, 't1');
        element.shadowRoot.querySelector('lightning-button').click();
        await settle();
        expect(find(element, 'problem').textContent).toContain('lost');
        element.shadowRoot.querySelector('lightning-button').click();
        await settle();

        const [first, second] = start.mock.calls.map(([call]) => call.idempotencyKey);
        expect(first).toBe(second);
        expect(find(element, 'problem')).toBeNull();
    });

    it('takes a new key for another choice', async () => {
        prepare.mockResolvedValue(PREPARED);
        start.mockRejectedValue({ body: { message: 'lost' } });
        const element = await show('email');
        for (const round of [1, 2]) {
            // eslint-disable-next-line no-await-in-loop -- the second decision comes after the first
            await choose(element, `t${round}`);
            element.shadowRoot.querySelector('lightning-button').click();
            // eslint-disable-next-line no-await-in-loop -- the same
            await settle();
        }

        const [first, second] = start.mock.calls.map(([call]) => call.idempotencyKey);
        expect(first).not.toBe(second);
    });

    it('says what to do when there is nothing to choose', async () => {
        prepare.mockResolvedValue({ ...PREPARED, choices: [] });
        const element = await show('campaign');

        expect(find(element, 'no-choice')).not.toBeNull();
    });

    it('shows why it could not prepare', async () => {
        prepare.mockRejectedValue({
            body: { message: JSON.stringify({ message: 'Off', remedy: 'Switch on' }) }
        });
        const element = await show('email', '');

        expect(prepare).toHaveBeenCalledWith({ action: 'email', recordIds: [] });
        expect(find(element, 'problem').textContent).toContain('Switch on');
    });
});
