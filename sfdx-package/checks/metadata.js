'use strict';
// Reads every metadata file beside the types that Salesforce generates from its own service description.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const { XMLParser, XMLValidator } = require('fast-xml-parser');
const { MODULES, SOURCES, filesBelow } = require('./gate');

const NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"';
const DECLARATIONS = path.join(MODULES, '@salesforce/types/lib/metadata.d.ts');
const REGISTRY = path.join(
    MODULES,
    '@salesforce/source-deploy-retrieve/lib/src/registry/metadataRegistry.json'
);
/** Text beside the XML, or given by the file's name. */
const ELSEWHERE = new Set(['content', 'fullName']);
/** Elements whose content the service description leaves open. */
const FREE = new Set(['LightningComponentBundle.targetConfigs']);
/** The service description calls a target any text; these are the ones that we may mean. */
const TARGETS = new Set([
    'lightning__RecordPage',
    'lightning__AppPage',
    'lightning__HomePage',
    'lightning__Tab',
    'lightning__RecordAction'
]);

/** Which type a file holds, by its name. */
function typesBySuffix() {
    const { types } = JSON.parse(fs.readFileSync(REGISTRY, 'utf8'));
    const bySuffix = new Map([
        ['js', 'LightningComponentBundle'],
        ['cmp', 'AuraDefinitionBundle']
    ]);
    const visit = (type) => {
        if (type.suffix && !bySuffix.has(type.suffix)) {
            bySuffix.set(type.suffix, type.name);
        }
        Object.values(type.children?.types ?? {}).forEach(visit);
    };
    Object.values(types).forEach(visit);
    return bySuffix;
}

/** tab of msiConfig.tab-meta.xml */
function ending(file) {
    return file
        .replace(/-meta\.xml$/, '')
        .split('.')
        .pop();
}

class Types {
    constructor() {
        const program = ts.createProgram([DECLARATIONS], { strict: true, noLib: true });
        this.checker = program.getTypeChecker();
        this.aliases = new Map();
        program.getSourceFile(DECLARATIONS).forEachChild((node) => {
            if (ts.isTypeAliasDeclaration(node)) {
                this.aliases.set(node.name.text, node);
            }
        });
    }

    has(name) {
        return this.aliases.has(name);
    }

    /** The elements of a type: name, the declared node, whether it may be left out. */
    elements(name) {
        const type = this.checker.getTypeAtLocation(this.aliases.get(name));
        return new Map(
            this.checker.getPropertiesOfType(type).map((property) => {
                const { type: node } = property.valueDeclaration ?? property.declarations[0];
                return [property.name, { node, optional: Boolean(property.flags & ts.SymbolFlags.Optional) }];
            })
        );
    }

    /** The values of an enumeration, or nothing for a type with elements. */
    values(name) {
        const type = this.checker.getTypeAtLocation(this.aliases.get(name));
        const members = type.isUnion() ? type.types : [type];
        return members.every((member) => member.isStringLiteral())
            ? members.map((member) => member.value)
            : undefined;
    }
}

class Reader {
    constructor(types, report) {
        this.types = types;
        this.report = report;
    }

    object(value, type, where) {
        if (typeof value !== 'object') {
            if (value !== '') {
                this.report(`${where}: text where elements of ${type} belong`);
            }
            return;
        }
        const elements = this.types.elements(type);
        for (const [name, inner] of Object.entries(value)) {
            const element = elements.get(name);
            if (name === '#text') {
                this.report(`${where}: stray text '${inner}'`);
            } else if (element) {
                this.element(inner, element.node, `${where}.${name}`);
            } else {
                this.report(`${where}: ${type} has no element ${name}`);
            }
        }
        for (const [name, { node, optional }] of elements) {
            if (!optional && !ts.isArrayTypeNode(node) && !(name in value) && !ELSEWHERE.has(name)) {
                this.report(`${where}: required element ${name} of ${type} is missing`);
            }
        }
    }

    element(value, node, where) {
        const list = ts.isArrayTypeNode(node);
        const values = Array.isArray(value) ? value : [value];
        if (!list && values.length > 1) {
            this.report(`${where}: given more than once`);
        }
        values.forEach((each) => this.single(each, list ? node.elementType : node, where));
    }

    single(value, node, where) {
        switch (node.kind) {
            case ts.SyntaxKind.StringKeyword:
                if (typeof value === 'object' && !FREE.has(where)) {
                    this.report(`${where}: elements where text belongs`);
                }
                break;
            case ts.SyntaxKind.BooleanKeyword:
                if (value !== 'true' && value !== 'false') {
                    this.report(`${where}: '${value}' is neither true nor false`);
                }
                break;
            case ts.SyntaxKind.NumberKeyword:
                if (value === '' || Number.isNaN(Number(value))) {
                    this.report(`${where}: '${value}' is no number`);
                }
                break;
            case ts.SyntaxKind.TypeReference:
                this.reference(value, node.typeName.getText(), where);
                break;
            default:
                break;
        }
    }

    reference(value, type, where) {
        if (!this.types.has(type)) {
            this.report(`${where}: no such type ${type}`);
            return;
        }
        const values = this.types.values(type);
        if (!values) {
            this.object(value, type, where);
        } else if (!values.includes(value)) {
            this.report(
                `${where}: '${value}' is none of ${values.slice(0, 12).join(', ')}${values.length > 12 ? ' …' : ''}`
            );
        }
    }
}

/** @returns {string[]} what is wrong with the metadata below a project */
function checkMetadata(project) {
    const types = new Types();
    const suffixes = typesBySuffix();
    const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, trimValues: true });
    const found = [];
    let count = 0;
    for (const root of SOURCES) {
        for (const file of filesBelow(path.join(project, root)).filter((name) =>
            name.endsWith('-meta.xml')
        )) {
            count++;
            const report = (message) => found.push(`${root}/${file}: ${message}`);
            const type = file.includes('/aura/') ? 'AuraDefinitionBundle' : suffixes.get(ending(file));
            if (!type) {
                report('no metadata type has this ending');
                continue;
            }
            const text = fs.readFileSync(path.join(project, root, file), 'utf8');
            const valid = XMLValidator.validate(text);
            if (valid !== true) {
                report(`line ${valid.err.line}: ${valid.err.msg}`);
                continue;
            }
            if (!text.includes(NAMESPACE)) {
                report('the metadata namespace is missing');
            }
            const roots = parser.parse(text);
            const name = Object.keys(roots).find((each) => each !== '?xml');
            if (name !== type) {
                report(`the root is ${name}, the file name says ${type}`);
                continue;
            }
            const content = roots[name];
            // a record of custom metadata is typed by its own object, which the cross references look at
            new Reader(types, report).object(content === '' ? {} : content, type, type);
            for (const target of [content.targets?.target ?? []].flat()) {
                if (!TARGETS.has(target)) {
                    report(`no component can stand on ${target}`);
                }
            }
        }
    }
    return count > 0 ? found : ['no metadata found'];
}

module.exports = { checkMetadata };
