'use strict';
// Does what a deployment does before it leaves the machine: source becomes metadata, and the gateway's address goes in.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { MODULES, SOURCES, add, alter, filesBelow } = require('../gate');

const PLACEHOLDER = 'https://gateway.example.com';
const ADDRESS = 'https://msi.acme.test';

async function convert(project) {
    const { ComponentSet, MetadataConverter } = require(
        path.join(MODULES, '@salesforce/source-deploy-retrieve')
    );
    const found = [];
    process.env.MSI_GATEWAY_ADDRESS = ADDRESS;
    process.env.SF_APPLY_REPLACEMENTS_ON_CONVERT = 'true';
    process.chdir(project);
    for (const root of SOURCES) {
        const target = fs.mkdtempSync(path.join(os.tmpdir(), 'msi-converted-'));
        try {
            const source = path.join(project, root);
            const set = ComponentSet.fromSource(source);
            set.projectDirectory = project;
            await new MetadataConverter().convert(set, 'metadata', {
                type: 'directory',
                outputDirectory: target,
                genUniqueDir: false
            });
            const files = filesBelow(target);
            if (files.length < 2 || !files.includes('package.xml')) {
                found.push(`${root}: nothing came out`);
            }
            found.push(...leftOut(source, set, root));
            for (const file of files) {
                if (fs.readFileSync(path.join(target, file), 'utf8').includes(PLACEHOLDER)) {
                    found.push(`${root}/${file}: the gateway's address was not put in`);
                }
            }
        } catch (error) {
            found.push(...(await oneByOne(path.join(project, root), root, error)));
        } finally {
            fs.rmSync(target, { recursive: true, force: true });
        }
    }
    process.chdir(path.resolve(__dirname, '../..'));
    return found;
}

/** Files that no component took: a class without its description, say, is silently passed over. */
function leftOut(source, set, root) {
    const taken = new Set();
    for (const component of set.getSourceComponents().toArray()) {
        [component.xml, ...component.walkContent(), ...component.getChildren().map((child) => child.xml)]
            .filter(Boolean)
            .forEach((file) => taken.add(path.resolve(file)));
    }
    return filesBelow(source)
        .filter((file) => !file.includes('__tests__') && !taken.has(path.join(source, file)))
        .map((file) => `${root}/${file}: belongs to no component`);
}

async function oneByOne(source, root, error) {
    const { ComponentSet } = require(path.join(MODULES, '@salesforce/source-deploy-retrieve'));
    const found = [];
    for (const file of filesBelow(source).filter((name) => !name.includes('__tests__'))) {
        try {
            const component = await ComponentSet.fromSource(path.join(source, file));
            component.getSourceComponents().toArray();
        } catch (problem) {
            found.push(`${root}/${file}: ${problem.message}`);
        }
    }
    return found.length > 0 ? found : [`${root}: ${error.message}`];
}

module.exports = {
    about: 'source converts to deployable metadata',
    check: convert,
    planted: [
        {
            about: 'a class without its description',
            plant: (project) =>
                add(project, 'org-setup/main/default/classes/Lonely.cls', 'public class Lonely {}\n'),
            caught: /Lonely\.cls/
        },
        {
            about: 'a description without its class',
            plant: (project) => fs.rmSync(path.join(project, 'msi/main/default/classes/MsiCheck.cls')),
            caught: /MsiCheck/
        },
        {
            about: 'an ending that no type has',
            plant: (project) =>
                fs.renameSync(
                    path.join(
                        project,
                        'msi/main/default/permissionsets/Marketo_App_Access.permissionset-meta.xml'
                    ),
                    path.join(
                        project,
                        'msi/main/default/permissionsets/Marketo_App_Access.permisionset-meta.xml'
                    )
                ),
            caught: /Marketo_App_Access\.permisionset/
        },
        {
            about: 'an address that is not the placeholder',
            plant: (project) =>
                alter(project, 'sfdx-project.json', /"glob": "client-app[^"]*"/, '"glob": "nowhere/**"'),
            caught: /client-app.*address was not put in/
        }
    ]
};
