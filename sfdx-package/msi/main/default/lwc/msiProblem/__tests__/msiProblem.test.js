import { describeProblem } from 'c/msiProblem';

describe('c-msi-problem', () => {
    it('reads a problem that Apex sent', () => {
        const message = JSON.stringify({ kind: 'BUSY', message: 'Too many', remedy: 'Wait' });
        expect(describeProblem({ body: { message } })).toEqual({
            kind: 'BUSY',
            message: 'Too many',
            remedy: 'Wait'
        });
    });

    it('keeps the words of a failure that is not ours', () => {
        const problem = describeProblem({ body: { message: 'Session expired' } });
        expect(problem.message).toBe('Session expired');
        expect(problem.remedy).toBe('c.MSI_Remedy_Broken');
    });

    it.each([undefined, null, {}, { body: {} }, { body: { message: 'null' } }])(
        'never fails on %p',
        (error) => {
            expect(describeProblem(error).message).toBeTruthy();
        }
    );
});
