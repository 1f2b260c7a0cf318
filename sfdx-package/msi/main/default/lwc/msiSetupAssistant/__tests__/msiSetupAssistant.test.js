import { createElement } from 'lwc';
import MsiSetupAssistant from 'c/msiSetupAssistant';
import getSteps from '@salesforce/apex/MsiSetupController.getSteps';

jest.mock('@salesforce/apex/MsiSetupController.getSteps', () => ({ default: jest.fn() }), { virtual: true });

const settle = () => new Promise(process.nextTick);

function show() {
    const element = createElement('c-msi-setup-assistant', { is: MsiSetupAssistant });
    document.body.appendChild(element);
    return element;
}

describe('c-msi-setup-assistant', () => {
    afterEach(() => {
        document.body.replaceChildren();
        jest.resetAllMocks();
    });

    it('counts what is done', async () => {
        getSteps.mockResolvedValue([
            { key: 'a', title: 'A', state: 'ok' },
            { key: 'b', title: 'B', state: 'attention', remedy: 'do' },
            { key: 'c', title: 'C', state: 'ok' },
            { key: 'd', title: 'D', state: 'attention', remedy: 'do' }
        ]);
        const element = show();
        await settle();

        expect(element.shadowRoot.querySelector('lightning-progress-bar').value).toBe(50);
        expect(element.shadowRoot.querySelector('c-msi-checks').checks).toHaveLength(4);
    });

    it('shows why it could not look', async () => {
        getSteps.mockRejectedValue({ body: { message: 'You do not have access' } });
        const element = show();
        await settle();

        expect(element.shadowRoot.querySelector('[data-id="problem"]').textContent).toContain(
            'You do not have access'
        );
        expect(element.shadowRoot.querySelector('c-msi-checks')).toBeNull();
    });
});
