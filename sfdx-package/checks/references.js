'use strict';
// What one file says about another: no tool without an org looks at that.

const fs = require('node:fs');
const path = require('node:path');
const { XMLParser } = require('fast-xml-parser');
const { SOURCES, filesBelow } = require('./gate');

const API_VERSION = '67.0';
const PANEL_OBJECTS = ['Lead', 'Contact', 'Account', 'Opportunity'];
const LANGUAGES = ['de', 'fr', 'nl_NL', 'sv', 'zh_CN'];
/** Fields that Marketo Sales writes by exactly these names; admins used to create them by hand. */
const ACTIVITY_FIELDS = [
    'mktosales_call_outcome__c',
    'mktosales_call_reason__c',
    'MSE_Call_Local_Presence_ID__c',
    'MSE_Call_Recording__c',
    'MSE_Campaign__c',
    'MSE_Campaign_Details_Link__c',
    'MSE_Clicked__c',
    'MSE_Current_Campaign_Step__c',
    'MSE_Details__c',
    'MSE_Email_Status__c',
    'MSE_Presentation_Viewed__c',
    'MSE_Replied__c',
    'MSE_Template__c',
    'MSE_Template_Details__c',
    'MSE_Viewed__c',
    'MSI_Activity_ID__c'
];
/** Fields that Marketo's sync writes on leads and contacts. */
const PERSON_FIELDS = [
    'Last_Interesting_Moment__c',
    'Last_Interesting_Moment_Date__c',
    'Last_Interesting_Moment_Desc__c',
    'Last_Interesting_Moment_Source__c',
    'Last_Interesting_Moment_Type__c',
    'Priority__c',
    'Relative_Score__c',
    'Relative_Score_Value__c',
    'Urgency__c',
    'Urgency_Value__c'
];
const SECRETS = [
    [/<consumerKey>|<consumerSecret>/, 'a consumer key or secret'],
    [/PRIVATE KEY-----(?!')\s*\n\s*[A-Za-z0-9+/]{20}/, 'a private key'],
    [/<(password|oauthToken|oauthRefreshToken|awsAccessSecret)>/, 'a stored secret'],
    [/\b00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{20,}/, 'a session id']
];

class Package {
    constructor(project) {
        this.project = project;
        this.found = [];
        this.texts = new Map();
        for (const root of SOURCES) {
            for (const file of filesBelow(path.join(project, root))) {
                this.texts.set(`${root}/${file}`, fs.readFileSync(path.join(project, root, file), 'utf8'));
            }
        }
        const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false });
        this.parse = (text) => Object.values(parser.parse(text)).at(-1);
    }

    report(file, message) {
        this.found.push(`${file}: ${message}`);
    }

    /** [path, text, name without folder and ending] of every file that matches. */
    files(pattern) {
        return [...this.texts].flatMap(([file, text]) => {
            const match = pattern.exec(file);
            return match ? [[file, text, match[1] ?? path.basename(file)]] : [];
        });
    }

    names(pattern) {
        return new Set(this.files(pattern).map(([, , name]) => name));
    }

    /** Object and field as permission sets name them. */
    get fields() {
        const known = new Set();
        for (const [file] of this.files(/\/objects\/[^/]+\/fields\//)) {
            const [, object, field] = /\/objects\/([^/]+)\/fields\/([^/]+)\.field-meta\.xml$/.exec(file);
            (object === 'Activity' ? ['Task', 'Event'] : [object]).forEach((holder) =>
                known.add(`${holder}.${field}`)
            );
        }
        return known;
    }

    formulas() {
        return new Set(
            this.files(/\/fields\//)
                .filter(([, text]) => text.includes('<formula>'))
                .map(([file]) => /\/objects\/([^/]+)\/fields\/([^/]+)\.field/.exec(file).slice(1).join('.'))
        );
    }
}

function permissionSets(all) {
    const known = {
        classAccesses: ['apexClass', all.names(/\/classes\/(\w+)\.cls$/)],
        pageAccesses: ['apexPage', all.names(/\/pages\/(\w+)\.page$/)],
        fieldPermissions: ['field', all.fields],
        tabSettings: ['tab', all.names(/\/tabs\/(\w+)\.tab-meta\.xml$/)],
        applicationVisibilities: ['application', all.names(/\/applications\/(\w+)\.app-meta\.xml$/)],
        customPermissions: ['name', all.names(/\/customPermissions\/(\w+)\./)],
        customSettingAccesses: ['name', all.names(/\/objects\/(\w+__c)\/\w+\.object-meta/)],
        customMetadataTypeAccesses: ['name', all.names(/\/objects\/(\w+__mdt)\/\w+\.object-meta/)]
    };
    const principals = new Set(
        all.files(/\/externalCredentials\/(\w+)\./).flatMap(([, text, name]) =>
            [all.parse(text).externalCredentialParameters]
                .flat()
                .filter((parameter) => parameter.parameterType === 'NamedPrincipal')
                .map((parameter) => `${name}-${parameter.parameterName}`)
        )
    );
    known.externalCredentialPrincipalAccesses = ['externalCredentialPrincipal', principals];
    const formulas = all.formulas();
    for (const [file, text] of all.files(/\.permissionset-meta\.xml$/)) {
        const set = all.parse(text);
        for (const [kind, [key, names]] of Object.entries(known)) {
            for (const entry of [set[kind] ?? []].flat()) {
                if (!names.has(entry[key])) {
                    all.report(file, `${kind} names ${entry[key]}, which does not exist`);
                }
                if (kind === 'fieldPermissions' && entry.editable === 'true' && formulas.has(entry.field)) {
                    all.report(file, `${entry.field} is a formula and can't be edited`);
                }
            }
        }
    }
    const granted = new Set(
        all
            .files(/Marketo_App_Access\.permissionset-meta\.xml$/)
            .flatMap(([, text]) =>
                [all.parse(text).fieldPermissions ?? []].flat().map((entry) => entry.field)
            )
    );
    for (const field of all.fields) {
        if (!/__(mdt|c)\./.test(field) && !granted.has(field)) {
            all.report('Marketo_App_Access', `reps can't see ${field}`);
        }
    }
}

function names(all) {
    for (const field of ACTIVITY_FIELDS) {
        if (!all.fields.has(`Task.${field}`)) {
            all.report('objects/Activity', `${field} is missing`);
        }
    }
    for (const object of ['Lead', 'Contact']) {
        for (const field of PERSON_FIELDS) {
            if (!all.fields.has(`${object}.${field}`)) {
                all.report(`objects/${object}`, `${field} is missing`);
            }
        }
    }
    for (const [file, text] of all.files(/\/fields\/(\w+)\.field-meta/)) {
        const [, name] = /\/([^/]+)\.field-meta/.exec(file);
        if (all.parse(text).fullName !== name) {
            all.report(file, 'the full name differs from the file name');
        }
    }
    for (const [file, text] of all.files(/-meta\.xml$/)) {
        const version = /<apiVersion>([^<]*)</.exec(text)?.[1];
        if (version && version !== API_VERSION) {
            all.report(file, `API version ${version}, not ${API_VERSION}`);
        }
    }
}

function clientApp(all) {
    const apps = all.names(/\/externalClientApps\/(\w+)\.eca-meta\.xml$/);
    const classes = all.names(/\/classes\/(\w+)\.cls$/);
    const sets = all.names(/\/permissionsets\/(\w+)\.permissionset-meta\.xml$/);
    for (const [file, text] of all.files(/\.eca\w+-meta\.xml$/)) {
        const settings = all.parse(text);
        if (!apps.has(settings.externalClientApplication)) {
            all.report(file, `there is no client app ${settings.externalClientApplication}`);
        }
        const handler = settings.lifeCycleHandler;
        if (handler && !classes.has(handler)) {
            all.report(file, `there is no class ${handler}`);
        }
        const code = all.files(new RegExp(`/classes/${handler}\\.cls$`))[0]?.[1];
        if (code && !code.includes('implements Canvas.CanvasLifecycleHandler')) {
            all.report(file, `${handler} is no lifecycle handler`);
        }
        for (const set of (settings.commaSeparatedPermissionSet ?? '').split(',').filter(Boolean)) {
            if (!sets.has(set.trim())) {
                all.report(file, `there is no permission set ${set}`);
            }
        }
        if (settings.canvasUrl && !/^https:\/\/[^/]+\/canvas$/.test(settings.canvasUrl)) {
            all.report(file, `${settings.canvasUrl} is not where the gateway takes signed requests`);
        }
    }
    for (const [file, text] of all.files(/\/(pages|aura)\//)) {
        for (const [, app] of text.matchAll(/canvasApp\b[^>]*?developerName="([^"]*)"/gs)) {
            if (!apps.has(app)) {
                all.report(file, `there is no client app ${app}`);
            }
        }
    }
    const handler = all.files(/\/classes\/MsiCanvasLifecycle\.cls$/)[0]?.[1] ?? '';
    if (/ContextTypeEnum\.(ORGANIZATION|USER)/.test(handler)) {
        all.report('classes/MsiCanvasLifecycle.cls', 'organization and user must stay in the request');
    }
}

function components(all) {
    const classes = new Map(all.files(/\/classes\/(\w+)\.cls$/).map(([, text, name]) => [name, text]));
    const bundles = all.names(/\/lwc\/(\w+)\/\1\.js$/);
    const auraBundles = all.names(/\/aura\/(\w+)\/\1\.(?:cmp|app)$/);
    const pages = all.names(/\/pages\/(\w+)\.page$/);
    for (const [file, text] of all.files(/\/lwc\/.*\.js$/)) {
        for (const [, name, method] of text.matchAll(/@salesforce\/apex\/(\w+)\.(\w+)/g)) {
            const code = classes.get(name);
            if (!code) {
                all.report(file, `there is no class ${name}`);
            } else if (
                !new RegExp(`@AuraEnabled(\\([^)]*\\))?\\s+public static [\\w.<>, ]+ ${method}\\(`).test(code)
            ) {
                all.report(file, `${name} has no static @AuraEnabled method ${method}`);
            }
        }
        for (const [, name] of text.matchAll(/from 'c\/(\w+)'/g)) {
            if (!bundles.has(name)) {
                all.report(file, `there is no component ${name}`);
            }
        }
    }
    for (const [file, text] of all.files(/\/lwc\/.*\.html$/)) {
        for (const [, tag] of text.matchAll(/<c-([a-z0-9-]+)/g)) {
            const name = tag.replace(/-(\w)/g, (dash, letter) => letter.toUpperCase());
            if (!bundles.has(name)) {
                all.report(file, `there is no component ${name}`);
            }
        }
    }
    for (const [file, , name] of all.files(/\/lwc\/(\w+)\/\1\.js$/)) {
        if (!all.texts.has(file.replace(/\w+\.js$/, `__tests__/${name}.test.js`))) {
            all.report(file, 'has no test');
        }
    }
    for (const [file, text, name] of all.files(/\/aura\/(\w+)\/\1\.design$/)) {
        const component = all.texts.get(file.replace(/design$/, 'cmp')) ?? '';
        for (const [, attribute] of text.matchAll(/<design:attribute\s+name="(\w+)"/g)) {
            if (!component.includes(`<aura:attribute name="${attribute}"`)) {
                all.report(file, `${name} has no attribute ${attribute}`);
            }
        }
        const objects = [...text.matchAll(/<sfdc:object>(\w+)</g)].map(([, object]) => object);
        if (objects.sort().join() !== [...PANEL_OBJECTS].sort().join()) {
            all.report(file, `stands on ${objects.join(', ')}, not on ${PANEL_OBJECTS.join(', ')}`);
        }
    }
    for (const [file, text] of all.files(/\/aura\/\w+\/\w+\.(cmp|app)$/)) {
        const actions = [...text.matchAll(/\{!c\.(\w+)\}/g)].map(([, action]) => action);
        const controller = all.texts.get(file.replace(/\.(cmp|app)$/, 'Controller.js')) ?? '';
        for (const action of actions.filter((each) => !new RegExp(`\\b${each}: function`).test(controller))) {
            all.report(file, `the controller has no ${action}`);
        }
        for (const [, name] of text.matchAll(/resource="c:(\w+)"/g)) {
            if (!bundles.has(name)) {
                all.report(file, `there is no component ${name}`);
            }
        }
        // Salesforce signs what is there when the canvas is first drawn
        if (
            text.includes('<force:canvasApp') &&
            !/<aura:if isTrue="\{!v\.parameters\}">\s*<force:canvasApp/.test(text)
        ) {
            all.report(file, 'the canvas is drawn before its parameters are known');
        }
    }
    for (const [file, text] of all.files(/\/pages\/\w+\.page$/)) {
        for (const [, names] of text.matchAll(/extensions="([^"]*)"/g)) {
            names
                .split(',')
                .filter((name) => !classes.has(name.trim()))
                .forEach((name) => all.report(file, `there is no class ${name}`));
        }
        for (const [, name] of text.matchAll(/\$Lightning\.use\('c:(\w+)'/g)) {
            if (!auraBundles.has(name)) {
                all.report(file, `there is no app ${name}`);
            }
        }
        for (const [, name] of text.matchAll(/createComponent\(\s*'c:(\w+)'/g)) {
            if (!bundles.has(name)) {
                all.report(file, `there is no component ${name}`);
            }
        }
    }
    for (const [file, text] of all.files(/\/(webLinks|tabs)\/.*-meta\.xml$/)) {
        const { page, lwcComponent } = all.parse(text);
        if (page && !pages.has(page)) {
            all.report(file, `there is no page ${page}`);
        }
        if (lwcComponent && !bundles.has(lwcComponent)) {
            all.report(file, `there is no component ${lwcComponent}`);
        }
        if (
            lwcComponent &&
            !all.texts
                .get(`msi/main/default/lwc/${lwcComponent}/${lwcComponent}.js-meta.xml`)
                ?.includes('lightning__Tab')
        ) {
            all.report(file, `${lwcComponent} can't be a tab`);
        }
    }
    for (const [file, text] of all.files(/\/fields\/.*\.field-meta\.xml$/)) {
        for (const [, page] of text.matchAll(/\/apex\/(\w+)\?/g)) {
            if (!pages.has(page)) {
                all.report(file, `there is no page ${page}`);
            }
        }
    }
    for (const object of PANEL_OBJECTS) {
        if (!pages.has(`Msi${object}`)) {
            all.report('pages', `${object} has no panel page`);
        }
    }
}

function labels(all) {
    const places = (text) => [...new Set(text.match(/\{\d+\}/g) ?? [])].sort().join();
    const english = new Map();
    for (const [, text] of all.files(/\.labels-meta\.xml$/)) {
        [all.parse(text).labels].flat().forEach((label) => english.set(label.fullName, label.value));
    }
    const used = new Set();
    for (const [file, text] of all.files(/\.(cls|js|cmp|page)$/)) {
        const mentions = text.matchAll(
            /(?:\bLabel\.|@salesforce\/label\/c\.|\$Label\.c\.|\$Label\.)(MSI_\w+)/g
        );
        for (const [, name] of mentions) {
            used.add(name);
            if (!english.has(name)) {
                all.report(file, `there is no label ${name}`);
            }
        }
    }
    for (const name of english.keys()) {
        if (!used.has(name)) {
            all.report('labels', `nobody uses ${name}`);
        }
    }
    for (const language of LANGUAGES) {
        const file = `msi/main/default/translations/${language}.translation-meta.xml`;
        const entries = all.texts.has(file) ? [all.parse(all.texts.get(file)).customLabels].flat() : [];
        const translated = new Map(entries.map((entry) => [entry.name, entry.label]));
        for (const [name, text] of english) {
            if (!translated.get(name)) {
                all.report(file, `${name} is not translated`);
            } else if (places(translated.get(name)) !== places(text)) {
                all.report(file, `${name} has other places for values than the English text`);
            }
        }
        for (const name of translated.keys()) {
            if (!english.has(name)) {
                all.report(file, `${name} is no label`);
            }
        }
    }
}

/** Fields on pages have a name in every language; the label's own limit holds for translations too. */
function fieldNames(all) {
    for (const [file] of all.files(/\/objects\/(Lead|Contact|Account|Opportunity|Activity)\/fields\//)) {
        const [, object, field] = /\/objects\/(\w+)\/fields\/(\w+)\.field-meta/.exec(file);
        for (const language of LANGUAGES) {
            const text = all.texts.get(
                `msi/main/default/objectTranslations/${object}-${language}/${field}.fieldTranslation-meta.xml`
            );
            const name = text && all.parse(text).label;
            if (!name || name.length > 40) {
                all.report(
                    file,
                    name ? `its ${language} name is longer than 40 characters` : `has no ${language} name`
                );
            }
        }
    }
}

function versions(all) {
    const project = JSON.parse(fs.readFileSync(path.join(all.project, 'sfdx-project.json'), 'utf8'));
    const main = project.packageDirectories.find((directory) => directory.package);
    const version = main.versionNumber.replace(/\.NEXT$/, '');
    if (!/^\d+\.\d+\.\d+\.NEXT$/.test(main.versionNumber)) {
        all.report('sfdx-project.json', `${main.versionNumber} is not of the form 1.2.3.NEXT`);
    }
    const record = all.texts.get('msi/main/default/customMetadata/MSI_Package.Current.md-meta.xml') ?? '';
    if (!record.includes(`>${version}</value>`)) {
        all.report(
            'customMetadata/MSI_Package.Current',
            `does not say ${version}, the version in sfdx-project.json`
        );
    }
    const { version: ours } = JSON.parse(fs.readFileSync(path.join(all.project, 'package.json'), 'utf8'));
    if (ours !== version) {
        all.report('package.json', `says ${ours}, sfdx-project.json says ${version}`);
    }
    if (project.sourceApiVersion !== API_VERSION) {
        all.report('sfdx-project.json', `API version ${project.sourceApiVersion}, not ${API_VERSION}`);
    }
    for (const { path: folder } of project.packageDirectories) {
        if (!fs.existsSync(path.join(all.project, folder))) {
            all.report('sfdx-project.json', `there is no folder ${folder}`);
        }
    }
}

function secrets(all) {
    for (const [file, text] of all.texts) {
        for (const [pattern, what] of SECRETS) {
            if (pattern.test(text)) {
                all.report(file, `contains ${what}`);
            }
        }
    }
}

/** @returns {string[]} links between files that lead nowhere, and what must never be there */
function checkReferences(project) {
    const all = new Package(project);
    [permissionSets, names, clientApp, components, labels, fieldNames, versions, secrets].forEach((look) =>
        look(all)
    );
    return all.found;
}

module.exports = { checkReferences };
