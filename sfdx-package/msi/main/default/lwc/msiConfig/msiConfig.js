import { LightningElement } from 'lwc';
import LightningConfirm from 'lightning/confirm';
import { fill } from 'c/msiText';
import { describeProblem } from 'c/msiProblem';
import getConfig from '@salesforce/apex/MsiConfigController.getConfig';
import saveConfig from '@salesforce/apex/MsiConfigController.save';
import storeSecretKey from '@salesforce/apex/MsiConfigController.storeSecretKey';
import registerCertificate from '@salesforce/apex/MsiConfigController.registerCertificate';
import runDiagnostics from '@salesforce/apex/MsiConfigController.runDiagnostics';
import resetConfig from '@salesforce/apex/MsiConfigController.reset';
import { LABEL, SWITCHES, TABS } from './labels';

/** The Marketo Sales Insight Config tab: connection, Actions and its switches, tabs, diagnostics, reset. */
export default class MsiConfig extends LightningElement {
    label = LABEL;
    busy = false;
    config;
    checks;
    problem;
    notice;
    secretKey = '';
    pem = '';

    connectedCallback() {
        this.attempt(async () => {
            this.config = await getConfig();
        });
    }

    change(event) {
        const { field } = event.target.dataset;
        const { type, checked } = event.target;
        const typed = event.detail?.value ?? event.target.value;
        let value = type === 'checkbox' ? checked : typed;
        if (type === 'number') {
            value = typed === '' ? null : Number(typed);
        }
        this.config = { ...this.config, [field]: value };
    }

    move(event) {
        const { tab, step } = event.target.dataset;
        const order = [...this.config.tabOrder];
        const from = order.indexOf(tab);
        const to = from + Number(step);
        if (to < 0 || to >= order.length) {
            return;
        }
        [order[from], order[to]] = [order[to], order[from]];
        this.config = { ...this.config, tabOrder: order };
    }

    save() {
        return this.attempt(async () => {
            this.config = await saveConfig({ config: this.config });
            this.checks = undefined;
            this.notice = LABEL.saved;
        });
    }

    typeSecret(event) {
        this.secretKey = event.detail?.value ?? event.target.value;
    }

    storeSecret() {
        return this.attempt(async () => {
            this.takeDates(await storeSecretKey({ secretKey: this.secretKey }));
            this.secretKey = '';
            this.notice = LABEL.saved;
        });
    }

    typePem(event) {
        this.pem = event.detail?.value ?? event.target.value;
    }

    register() {
        return this.attempt(async () => {
            this.takeDates(await registerCertificate({ pem: this.pem }));
            this.pem = '';
            this.notice = LABEL.saved;
        });
    }

    diagnose() {
        return this.attempt(async () => {
            this.checks = await runDiagnostics();
        });
    }

    async reset() {
        const sure = await LightningConfirm.open({
            message: LABEL.resetQuestion,
            label: LABEL.reset,
            theme: 'warning'
        });
        if (sure) {
            await this.attempt(async () => {
                this.config = await resetConfig();
                this.checks = undefined;
                this.notice = LABEL.resetDone;
            });
        }
    }

    /** What the admin typed and hasn't saved stays; only the dates of key and certificate are news. */
    takeDates({ secretStoredAt, certificateRegisteredAt }) {
        this.config = { ...this.config, secretStoredAt, certificateRegisteredAt };
    }

    async attempt(work) {
        this.busy = true;
        this.problem = undefined;
        this.notice = undefined;
        try {
            await work();
        } catch (error) {
            this.problem = describeProblem(error);
        } finally {
            this.busy = false;
        }
    }

    get switches() {
        return SWITCHES.map(({ field, label }) => ({
            field,
            label,
            checked: this.config[field],
            disabled: !this.config.actionsEnabled
        }));
    }

    get tabs() {
        const order = this.config.tabOrder;
        return order.map((name, index) => ({
            name,
            label: TABS[name],
            upLabel: fill(LABEL.moveUp, TABS[name]),
            downLabel: fill(LABEL.moveDown, TABS[name]),
            first: index === 0,
            last: index === order.length - 1
        }));
    }

    get noSecret() {
        return this.busy || !this.secretKey;
    }

    get noPem() {
        return this.busy || !this.pem;
    }

    get storedAt() {
        return dated(LABEL.storedAt, this.config.secretStoredAt);
    }

    get registeredAt() {
        return dated(LABEL.registeredAt, this.config.certificateRegisteredAt);
    }
}

function dated(label, at) {
    return at ? fill(label, new Date(at).toLocaleString()) : undefined;
}
