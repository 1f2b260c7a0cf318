import { createElement } from 'lwc';
import MsiChecks from 'c/msiChecks';

describe('c-msi-checks', () => {
    afterEach(() => {
        document.body.replaceChildren();
    });

    it('says each state in words and shows remedies only where there are any', () => {
        const element = createElement('c-msi-checks', { is: MsiChecks });
        element.checks = [
            { key: 'a', title: 'A', state: 'ok', message: 'fine' },
            { key: 'b', title: 'B', state: 'failed', message: 'why', remedy: 'do this' },
            { key: 'c', title: 'C', state: 'never heard of' }
        ];
        document.body.appendChild(element);

        const words = [...element.shadowRoot.querySelectorAll('lightning-icon')].map(
            (icon) => icon.alternativeText
        );
        expect(words).toEqual(['c.MSI_State_Ok', 'c.MSI_State_Failed', 'c.MSI_State_Skipped']);
        const remedies = element.shadowRoot.querySelectorAll('[data-id="remedy"]');
        expect(remedies).toHaveLength(1);
        expect(remedies[0].textContent).toBe('do this');
    });
});
