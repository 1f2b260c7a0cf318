import { LightningElement, api } from 'lwc';
import { fill } from 'c/msiText';
import { describeProblem } from 'c/msiProblem';
import prepare from '@salesforce/apex/MsiListActionController.prepare';
import start from '@salesforce/apex/MsiListActionController.start';
import sendEmail from '@salesforce/label/c.MSI_Action_Email';
import addToCampaign from '@salesforce/label/c.MSI_Action_Campaign';
import template from '@salesforce/label/c.MSI_List_Template';
import campaign from '@salesforce/label/c.MSI_List_Campaign';
import recipientsOf from '@salesforce/label/c.MSI_List_Recipients';
import leftOutOf from '@salesforce/label/c.MSI_List_LeftOut';
import noChoice from '@salesforce/label/c.MSI_List_NoChoice';
import preparedFor from '@salesforce/label/c.MSI_List_Prepared';
import launchPreparedFor from '@salesforce/label/c.MSI_List_PreparedLaunch';
import openLaunch from '@salesforce/label/c.MSI_List_OpenLaunch';
import openEmail from '@salesforce/label/c.MSI_List_OpenEmail';
import noTemplate from '@salesforce/label/c.MSI_List_NoTemplate';
import writeEmail from '@salesforce/label/c.MSI_List_WriteEmail';
import loading from '@salesforce/label/c.MSI_Panel_Loading';

const ACTIONS = {
    email: {
        title: sendEmail,
        choiceLabel: template,
        startLabel: writeEmail,
        doneLabel: preparedFor,
        openLabel: openEmail,
        icon: 'standard:email'
    },
    campaign: {
        title: addToCampaign,
        choiceLabel: campaign,
        startLabel: addToCampaign,
        doneLabel: launchPreparedFor,
        openLabel: openLaunch,
        icon: 'standard:campaign'
    }
};

/**
 * Begins an action for the records chosen in a list view: whom it reaches, what to use, and one decision. An e-mail opens
 * as a draft in a new tab to be written, a sales campaign to be looked through and started.
 */
export default class MsiListAction extends LightningElement {
    /** email or campaign */
    @api action = 'email';
    /** Ids of leads or of contacts, comma-separated as the Visualforce page hands them over. */
    @api recordIds = '';

    label = { noChoice, loading };
    busy = false;
    prepared;
    problem;
    outcome;
    // where the e-mail is written, or the campaign started
    address;
    choiceId = '';
    // one decision of the rep has one key, however often it is tried
    decision = crypto.randomUUID();

    connectedCallback() {
        this.prepare();
    }

    async prepare() {
        this.busy = true;
        try {
            this.prepared = await prepare({ action: this.action, recordIds: this.ids });
        } catch (error) {
            this.problem = describeProblem(error);
        } finally {
            this.busy = false;
        }
    }

    choose(event) {
        this.choiceId = event.detail.value;
        this.decision = crypto.randomUUID();
        this.problem = undefined;
    }

    async start() {
        this.busy = true;
        this.problem = undefined;
        try {
            const { accepted, skipped, address } = await start({
                action: this.action,
                choiceId: this.choiceId,
                recordIds: this.included.map((recipient) => recipient.recordId),
                idempotencyKey: this.decision
            });
            this.outcome = fill(this.shown.doneLabel, accepted, skipped + this.leftOut.length);
            this.address = address;
            if (address) {
                // A browser that takes it for a pop-up keeps it shut: the link stays.
                window.open(address, '_blank', 'noopener');
            }
        } catch (error) {
            this.problem = describeProblem(error);
        } finally {
            this.busy = false;
        }
    }

    get ids() {
        return this.recordIds ? this.recordIds.split(',') : [];
    }

    get shown() {
        return ACTIONS[this.action] ?? ACTIONS.email;
    }

    get title() {
        return this.shown.title;
    }

    get icon() {
        return this.shown.icon;
    }

    get choiceLabel() {
        return this.shown.choiceLabel;
    }

    get startLabel() {
        return this.shown.startLabel;
    }

    get openLabel() {
        return this.shown.openLabel;
    }

    get needsChoice() {
        return this.action === 'campaign';
    }

    /** An e-mail leaves out who can't or doesn't want to be mailed; a campaign decides by its steps. */
    get leftOut() {
        return this.action === 'email'
            ? this.prepared.recipients.filter((recipient) => !recipient.reachable)
            : [];
    }

    get included() {
        const leftOut = new Set(this.leftOut);
        return this.prepared.recipients.filter((recipient) => !leftOut.has(recipient));
    }

    get countLabel() {
        return fill(recipientsOf, this.included.length);
    }

    get leftOutLabel() {
        const names = this.leftOut.map((recipient) => recipient.name);
        return names.length ? fill(leftOutOf, names.join(', ')) : undefined;
    }

    get nothingToChoose() {
        return this.needsChoice && this.prepared.choices.length === 0;
    }

    /** Without a single template there is no choice to make. */
    get offersChoice() {
        return this.prepared.choices.length > 0;
    }

    get options() {
        const choices = this.prepared.choices.map(({ choiceId, name }) => ({ value: choiceId, label: name }));
        return this.needsChoice ? choices : [{ value: '', label: noTemplate }, ...choices];
    }

    get cannotStart() {
        return this.busy || (this.needsChoice && !this.choiceId) || this.included.length === 0;
    }
}
