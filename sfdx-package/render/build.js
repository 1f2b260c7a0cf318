// Compiles the package's Lightning web components with Salesforce's own compiler, base components and design system into
// a folder that the emulated org serves. What only the platform has (Apex, labels, toasts) comes from ./platform.
//
//   node build.js FOLDER

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import lwc from '@lwc/rollup-plugin';
import resolve from '@rollup/plugin-node-resolve';
import replace from '@rollup/plugin-replace';
import { XMLParser } from 'fast-xml-parser';
import { rollup } from 'rollup';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SOURCE = path.join(HERE, '..', 'msi', 'main', 'default');
const DESIGN = path.join(HERE, 'node_modules', '@salesforce-ux', 'design-system', 'assets');
const SPRITES = ['action', 'custom', 'doctype', 'standard', 'utility'];
const QUIET = new Set(['THIS_IS_UNDEFINED', 'CIRCULAR_DEPENDENCY']);

const xml = new XMLParser({
    isArray: (name) => ['labels', 'customLabels'].includes(name),
    parseTagValue: false
});

/** Every label of the package by language, as the org's translations have them. */
function labels() {
    const read = (file) => xml.parse(fs.readFileSync(path.join(SOURCE, file), 'utf8'));
    const english = read('labels/CustomLabels.labels-meta.xml').CustomLabels.labels;
    const all = { en: Object.fromEntries(english.map((label) => [label.fullName, label.value])) };
    for (const file of fs.readdirSync(path.join(SOURCE, 'translations'))) {
        const language = file.split(/[._]/)[0];
        const translated = read(`translations/${file}`).Translations.customLabels;
        all[language] = Object.fromEntries(translated.map((label) => [label.name, label.label]));
    }
    return all;
}

/** What the platform answers to imports from @salesforce. */
function platform() {
    const own = path.join(HERE, 'platform');
    const texts = labels();
    return {
        name: 'platform',
        resolveId(id) {
            if (
                id.startsWith('@salesforce/apex/') ||
                id.startsWith('@salesforce/label/c.') ||
                id === 'msi:labels'
            ) {
                return `\0${id}`;
            }
            return undefined;
        },
        load(id) {
            if (id === '\0msi:labels') {
                return `export default ${JSON.stringify(texts)};`;
            }
            if (id.startsWith('\0@salesforce/label/c.')) {
                const name = id.slice('\0@salesforce/label/c.'.length);
                if (!texts.en[name]) {
                    throw new Error(`no such label: ${name}`);
                }
                return `import { label } from ${JSON.stringify(path.join(own, 'labels.js'))}; export default label(${JSON.stringify(name)});`;
            }
            if (id.startsWith('\0@salesforce/apex/')) {
                const method = id.slice('\0@salesforce/apex/'.length);
                return `import { call } from ${JSON.stringify(path.join(own, 'apex.js'))}; export default (parameters) => call(${JSON.stringify(method)}, parameters ?? {});`;
            }
            return undefined;
        }
    };
}

/** The compiler wants components below a folder named like their namespace. */
function modules(folder) {
    fs.rmSync(folder, { recursive: true, force: true });
    for (const name of fs.readdirSync(path.join(SOURCE, 'lwc'))) {
        const from = path.join(SOURCE, 'lwc', name);
        if (fs.statSync(from).isDirectory()) {
            const wanted = (file) => !file.includes('__tests__');
            fs.cpSync(from, path.join(folder, 'c', name), { recursive: true, filter: wanted });
        }
    }
}

async function main(out) {
    if (!out) {
        console.error('say where to: node build.js FOLDER');
        return 2;
    }
    // below this folder, so that what the components import is found in its node_modules
    const work = path.join(HERE, 'node_modules', '.work');
    modules(work);
    const bundle = await rollup({
        input: path.join(HERE, 'main.js'),
        onwarn(warning) {
            const theirs = (warning.id ?? warning.loc?.file ?? '').includes('lightning-base-components');
            if (!QUIET.has(warning.code) && !(theirs && warning.code === 'PLUGIN_WARNING')) {
                throw new Error(`${warning.code}: ${warning.message}`);
            }
        },
        plugins: [
            platform(),
            replace({
                'process.env.NODE_ENV': JSON.stringify('production'),
                'import.meta.env.SSR': 'false',
                // an experiment of the base components that the synthetic shadow of Lightning pages does not allow
                'features.enableComboboxElementInternals': 'false',
                preventAssignment: true
            }),
            lwc({
                modules: [{ dir: work }, { npm: 'lightning-base-components' }],
                enableDynamicComponents: true
            }),
            resolve()
        ]
    });
    fs.rmSync(out, { recursive: true, force: true });
    await bundle.write({
        dir: out,
        format: 'es',
        entryFileNames: 'main.js',
        chunkFileNames: 'chunks/[name]-[hash].js'
    });
    await bundle.close();
    fs.rmSync(work, { recursive: true, force: true });
    const design = path.join(out, 'slds', 'assets');
    const style = 'styles/salesforce-lightning-design-system.min.css';
    fs.cpSync(path.join(DESIGN, style), path.join(design, style));
    for (const sprite of SPRITES) {
        const file = `icons/${sprite}-sprite/svg/symbols.svg`;
        fs.cpSync(path.join(DESIGN, file), path.join(design, file));
    }
    console.log(`compiled into ${out}`);
    return 0;
}

process.exitCode = await main(process.argv[2]);
