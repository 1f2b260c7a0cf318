import { LightningElement, api } from 'lwc';
import ok from '@salesforce/label/c.MSI_State_Ok';
import attention from '@salesforce/label/c.MSI_State_Attention';
import failed from '@salesforce/label/c.MSI_State_Failed';
import skipped from '@salesforce/label/c.MSI_State_Skipped';

const STATES = {
    ok: { icon: 'utility:success', variant: 'success', stateLabel: ok },
    attention: { icon: 'utility:warning', variant: 'warning', stateLabel: attention },
    failed: { icon: 'utility:error', variant: 'error', stateLabel: failed },
    skipped: { icon: 'utility:dash', variant: '', stateLabel: skipped }
};

/** A list of checks, each with its state in words, what was found and what to do. */
export default class MsiChecks extends LightningElement {
    /** Checks as Apex gives them (MsiCheck). */
    @api checks = [];

    get rows() {
        return this.checks.map((check) => ({ ...check, ...(STATES[check.state] ?? STATES.skipped) }));
    }
}
