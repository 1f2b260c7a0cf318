import { fill } from 'c/msiText';

describe('c-msi-text', () => {
    it('puts values into their places', () => {
        expect(fill('{1} before {0}, {1}', 'b', 'a')).toBe('a before b, a');
    });

    it('leaves a place without a value as it is', () => {
        expect(fill('{0} and {1}', 0)).toBe('0 and {1}');
    });
});
