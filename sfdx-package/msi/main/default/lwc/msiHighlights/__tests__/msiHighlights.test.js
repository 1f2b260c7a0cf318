import { createElement } from 'lwc';
import MsiHighlights from 'c/msiHighlights';
import getHighlights from '@salesforce/apex/MsiHighlightsController.getHighlights';

jest.mock('@salesforce/apex/MsiHighlightsController.getHighlights', () => ({ default: jest.fn() }), {
    virtual: true
});

const PERSON = {
    name: 'Ada Example',
    score: 42,
    stars: 2,
    flames: 1,
    momentType: 'Web',
    momentDescription: 'Looked at prices',
    momentAt: '2026-01-02T03:04:05Z',
    complete: true
};
const settle = () => new Promise(process.nextTick);

function show(recordId) {
    const element = createElement('c-msi-highlights', { is: MsiHighlights });
    element.recordId = recordId;
    document.body.appendChild(element);
    return element;
}

const find = (element, id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);

const reached = (element, id) => [
    find(element, id).querySelectorAll('svg.reached').length,
    find(element, id).querySelectorAll('svg').length
];

describe('c-msi-highlights', () => {
    afterEach(() => {
        document.body.replaceChildren();
        jest.resetAllMocks();
    });

    it('shows stars and flames with words beside the signs', async () => {
        getHighlights.mockResolvedValue({ state: 'found', person: PERSON });
        const element = show('00Q1');
        await settle();

        expect(getHighlights).toHaveBeenCalledWith({ recordId: '00Q1' });
        expect(reached(element, 'stars')).toEqual([2, 3]);
        expect(find(element, 'stars').getAttribute('aria-label')).toBe('c.MSI_Highlights_Stars');
        expect(reached(element, 'flames')).toEqual([1, 3]);
        expect(find(element, 'moment').textContent).toContain('Looked at prices');
        expect(find(element, 'partial')).toBeNull();
    });

    it.each([
        'NO_ACCESS',
        'REFUSED',
        'REVOKED',
        'SUSPENDED',
        'TIMEOUT',
        'UNREACHABLE',
        'BUSY',
        'NOT_CONFIGURED'
    ])('says what to do after %s, and tries again when asked', async (kind) => {
        const message = JSON.stringify({
            kind,
            message: `What ${kind} is`,
            remedy: `What helps with ${kind}`
        });
        getHighlights.mockRejectedValueOnce({ body: { message } });
        getHighlights.mockResolvedValueOnce({ state: 'found', person: PERSON });
        const element = show('00Q1');
        await settle();

        expect(find(element, 'problem').textContent).toContain(`What ${kind} is`);
        expect(find(element, 'problem').textContent).toContain(`What helps with ${kind}`);
        expect(find(element, 'stars')).toBeNull();
        element.shadowRoot.querySelector('lightning-button-icon').click();
        await settle();
        expect(find(element, 'problem')).toBeNull();
        expect(find(element, 'stars')).not.toBeNull();
    });

    it('says so when there is no moment and the history is not complete', async () => {
        getHighlights.mockResolvedValue({
            state: 'found',
            person: { ...PERSON, momentDescription: null, score: null, complete: false }
        });
        const element = show('00Q1');
        await settle();

        expect(find(element, 'no-moment')).not.toBeNull();
        expect(find(element, 'partial')).not.toBeNull();
        expect(find(element, 'score')).toBeNull();
    });

    it.each([
        ['looking', 'c.MSI_Highlights_Looking'],
        ['absent', 'c.MSI_Highlights_Absent']
    ])('tells a rep about a person who is %s', async (state, words) => {
        getHighlights.mockResolvedValue({ state, person: null });
        const element = show('00Q1');
        await settle();

        expect(find(element, 'notice').textContent).toBe(words);
    });

    it('shows what happened and what to do', async () => {
        getHighlights.mockRejectedValue({
            body: { message: JSON.stringify({ kind: 'BUSY', message: 'Too many', remedy: 'Wait' }) }
        });
        const element = show('00Q1');
        await settle();

        expect(find(element, 'problem').textContent).toContain('Too many');
        expect(find(element, 'problem').textContent).toContain('Wait');
    });

    it('asks again when refreshed', async () => {
        getHighlights.mockResolvedValue({ state: 'looking' });
        const element = show('00Q1');
        await settle();
        element.shadowRoot.querySelector('lightning-button-icon').click();
        await settle();

        expect(getHighlights).toHaveBeenCalledTimes(2);
    });

    it('drops a late answer for a record that was left', async () => {
        let answerFirst;
        getHighlights.mockReturnValueOnce(new Promise((resolve) => (answerFirst = resolve)));
        getHighlights.mockResolvedValueOnce({ state: 'found', person: { ...PERSON, stars: 3 } });
        const element = show('00Q1');
        element.recordId = '00Q2';
        await settle();
        answerFirst({ state: 'found', person: PERSON });
        await settle();

        expect(reached(element, 'stars')).toEqual([3, 3]);
    });
});
