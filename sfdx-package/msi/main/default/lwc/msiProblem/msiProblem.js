import broken from '@salesforce/label/c.MSI_Problem_Broken';
import brokenRemedy from '@salesforce/label/c.MSI_Remedy_Broken';

/**
 * Reads what a failed Apex call says. MsiException sends JSON; anything else (a lost session, a platform limit) is
 * shown as it is, with our general remedy.
 * @param {object} error what an Apex call threw
 * @returns {{kind: string, message: string, remedy: string}} what happened and what to do
 */
export function describeProblem(error) {
    const said = error?.body?.message ?? error?.message;
    try {
        const problem = JSON.parse(said);
        if (problem?.message) {
            return { kind: problem.kind, message: problem.message, remedy: problem.remedy ?? brokenRemedy };
        }
    } catch {
        // not one of ours
    }
    return { kind: 'BROKEN', message: said || broken, remedy: brokenRemedy };
}
