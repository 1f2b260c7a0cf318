'use strict';
const path = require('node:path');
const { MODULES, SOURCES, add, addClass, alter, java } = require('../gate');

const JARS = path.join(MODULES, '@salesforce/code-analyzer-pmd-engine/dist/java-lib');

function check(project) {
    const { failed, text } = java(
        [`${JARS}/*`],
        ['-Dorg.slf4j.simpleLogger.defaultLogLevel=off'],
        path.join(__dirname, '../java/SecurityRules.java'),
        [path.join(project, 'checks/security-rules.xml'), ...SOURCES.map((root) => path.join(project, root))],
        project
    );
    if (!/^\d+ rules, \d+ violations$/m.test(text)) {
        return [`the analysis did not finish: ${text.slice(-2000)}`];
    }
    return failed
        ? text.split('\n').filter((line) => line.includes(': ') && !line.startsWith('WARNING'))
        : [];
}

module.exports = {
    about: 'PMD finds no violation of its security rules',
    check,
    planted: [
        {
            about: 'a query put together from text',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedInjection',
                    "    public List<Lead> run(String name) {\n        return Database.query('SELECT Id FROM Lead WHERE Name = \\'' + name + '\\'');\n    }"
                ),
            caught: /PlantedInjection\.cls.*ApexSOQLInjection/
        },
        {
            about: 'records written without asking for permission',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedWrite',
                    "    public void run() {\n        insert new Lead(LastName = 'x', Company = 'y');\n    }"
                ),
            caught: /PlantedWrite\.cls.*ApexCRUDViolation/
        },
        {
            about: 'a class that says nothing of sharing',
            plant: (project) => {
                addClass(
                    project,
                    'PlantedSharing',
                    '    public List<Lead> run() {\n        return [SELECT Id FROM Lead WITH USER_MODE];\n    }'
                );
                alter(project, 'msi/main/default/classes/PlantedSharing.cls', 'with sharing ', '');
            },
            caught: /PlantedSharing\.cls.*ApexSharingViolations/
        },
        {
            about: 'a call without encryption',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedEndpoint',
                    "    public void run() {\n        HttpRequest request = new HttpRequest();\n        request.setEndpoint('http://example.com');\n    }"
                ),
            caught: /PlantedEndpoint\.cls.*ApexInsecureEndpoint/
        },
        {
            about: 'a fixed initialisation vector',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedCrypto',
                    "    public Blob run(Blob key, Blob text) {\n        Blob vector = Blob.valueOf('0000000000000000');\n        return Crypto.encrypt('AES256', key, vector, text);\n    }"
                ),
            caught: /PlantedCrypto\.cls.*ApexBadCrypto/
        },
        {
            about: 'a page that shows text as markup',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/pages/MsiLead.page',
                    '<apex:canvasApp',
                    '<apex:outputText value="{!parameters}" escape="false" />\n    <apex:canvasApp'
                ),
            caught: /MsiLead\.page.*VfUnescapeEl/
        },
        {
            about: 'a test that asserts nothing',
            plant: (project) => {
                add(
                    project,
                    'msi/test/default/classes/PlantedTest.cls',
                    '@IsTest\nprivate class PlantedTest {\n    @IsTest\n    static void run() {\n        System.debug(1);\n    }\n}\n'
                );
            },
            caught: /PlantedTest\.cls.*ApexUnitTestClassShouldHaveAsserts/
        }
    ]
};
