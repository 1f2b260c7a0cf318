import { LightningElement } from 'lwc';
import { fill } from 'c/msiText';
import { describeProblem } from 'c/msiProblem';
import getSteps from '@salesforce/apex/MsiSetupController.getSteps';
import title from '@salesforce/label/c.MSI_Setup_Title';
import progressOf from '@salesforce/label/c.MSI_Setup_Progress';
import loading from '@salesforce/label/c.MSI_Panel_Loading';
import refresh from '@salesforce/label/c.MSI_Refresh';

/** What is left to do in this org; every tick comes from the org itself, none is set by hand. */
export default class MsiSetupAssistant extends LightningElement {
    label = { title, loading, refresh };
    busy = false;
    steps;
    problem;

    connectedCallback() {
        this.load();
    }

    async load() {
        this.busy = true;
        this.problem = undefined;
        try {
            this.steps = await getSteps();
        } catch (error) {
            this.problem = describeProblem(error);
        } finally {
            this.busy = false;
        }
    }

    get done() {
        return this.steps.filter((step) => step.state === 'ok').length;
    }

    get progress() {
        return fill(progressOf, this.done, this.steps.length);
    }

    get percent() {
        return this.steps.length ? Math.round((100 * this.done) / this.steps.length) : 0;
    }
}
