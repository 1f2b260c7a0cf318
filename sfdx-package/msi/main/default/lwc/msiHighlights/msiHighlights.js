import { LightningElement, api } from 'lwc';
import { fill } from 'c/msiText';
import { describeProblem } from 'c/msiProblem';
import getHighlights from '@salesforce/apex/MsiHighlightsController.getHighlights';
import title from '@salesforce/label/c.MSI_Highlights_Title';
import starsOf from '@salesforce/label/c.MSI_Highlights_Stars';
import flamesOf from '@salesforce/label/c.MSI_Highlights_Flames';
import scoreOf from '@salesforce/label/c.MSI_Highlights_Score';
import lastMoment from '@salesforce/label/c.MSI_Highlights_LastMoment';
import noMoment from '@salesforce/label/c.MSI_Highlights_NoMoment';
import partial from '@salesforce/label/c.MSI_Highlights_Partial';
import looking from '@salesforce/label/c.MSI_Highlights_Looking';
import absent from '@salesforce/label/c.MSI_Highlights_Absent';
import loading from '@salesforce/label/c.MSI_Panel_Loading';
import refresh from '@salesforce/label/c.MSI_Refresh';

const TIERS = [1, 2, 3];

// each of three signs, filled as far as the person got
function tiers(reached) {
    return TIERS.map((number) => ({ number, look: number <= reached ? 'reached' : undefined }));
}

/** Stars, flames and the last interesting moment of a lead or contact, on a compact card. */
export default class MsiHighlights extends LightningElement {
    label = { title, lastMoment, noMoment, partial, loading, refresh };
    busy = false;
    state;
    person;
    problem;
    _recordId;

    /** The lead or contact; another record loads anew. */
    @api
    get recordId() {
        return this._recordId;
    }
    set recordId(value) {
        const changed = value !== this._recordId;
        this._recordId = value;
        if (changed && value) {
            this.load();
        }
    }

    async load() {
        const asked = this._recordId;
        this.busy = true;
        this.problem = undefined;
        try {
            const { state, person } = await getHighlights({ recordId: asked });
            if (asked === this._recordId) {
                this.state = state;
                this.person = person;
            }
        } catch (error) {
            if (asked === this._recordId) {
                this.person = undefined;
                this.problem = describeProblem(error);
            }
        } finally {
            if (asked === this._recordId) {
                this.busy = false;
            }
        }
    }

    get stars() {
        return tiers(this.person.stars);
    }

    get starsLabel() {
        return fill(starsOf, this.person.stars);
    }

    get flames() {
        return tiers(this.person.flames);
    }

    get flamesLabel() {
        return fill(flamesOf, this.person.flames);
    }

    get scoreLabel() {
        return Number.isInteger(this.person.score) ? fill(scoreOf, this.person.score) : undefined;
    }

    get partial() {
        return this.person.complete === false;
    }

    get notice() {
        return { looking, absent }[this.state];
    }
}
