'use strict';
const path = require('node:path');
const { MODULES, addClass, filesBelow, java } = require('../gate');

const FRONT_END = path.join(MODULES, 'prettier-plugin-apex/vendor/apex-ast-serializer/lib');
const STUBS = path.join(MODULES, '@salesforce/code-analyzer-pmd-engine/dist/java-lib');

function check(project) {
    const root = path.join(project, 'msi');
    const classes = filesBelow(root)
        .filter((file) => /\.(cls|trigger)$/.test(file))
        .map((file) => path.join(root, file));
    const options = [`-Dstubs=${STUBS}`, `-Dobjects=${root}`, '-Djava.util.logging.config.file=/dev/null'];
    const { failed, text } = java(
        [`${FRONT_END}/*`],
        options,
        path.join(__dirname, '../java/ApexTypes.java'),
        classes,
        project
    );
    const lines = text.split('\n').filter((line) => /^\w+ \(\d+/.test(line));
    if (!new RegExp(`^${classes.length} files, ${lines.length} findings$`, 'm').test(text)) {
        return [`the compiler did not finish: ${text.slice(-2000)}`];
    }
    return failed && lines.length === 0 ? ['failed without a word'] : lines;
}

module.exports = {
    about: "Apex passes the platform's own compiler front end (second type check; Apex is not run)",
    check,
    planted: [
        {
            about: 'an annotation property that does not exist',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedAnnotation',
                    '    @AuraEnabled(cachable=true)\n    public static void run() {}'
                ),
            caught: /^PlantedAnnotation .*cachable/m
        },
        {
            about: 'an @AuraEnabled method that is not static',
            plant: (project) =>
                addClass(project, 'PlantedStatic', '    @AuraEnabled\n    public void run() {}'),
            caught: /^PlantedStatic /m
        },
        {
            about: "another class's private method",
            plant: (project) =>
                addClass(
                    project,
                    'PlantedPrivate',
                    '    void run() {\n        MsiToken.keep(null, null, 1);\n    }'
                ),
            caught: /^PlantedPrivate .*not visible/m
        },
        {
            about: 'a column that an object does not have',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedColumn',
                    '    List<Lead> people = [SELECT Id, Urgencey__c FROM Lead WITH USER_MODE];'
                ),
            caught: /^PlantedColumn .*Urgencey__c/m
        },
        {
            about: 'a setting that does not exist',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedSetting',
                    '    String text = MSI_Settings__c.getOrgDefaults().Gateway_Adress__c;'
                ),
            caught: /^PlantedSetting .*Gateway_Adress__c/m
        },
        {
            about: 'a lifecycle handler that lacks a method',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedHandler',
                    '    class Inner implements Canvas.CanvasLifecycleHandler {}'
                ),
            caught: /^PlantedHandler .*(excludeContextTypes|onRender|implement)/m
        },
        {
            about: 'a final value that changes',
            plant: (project) =>
                addClass(
                    project,
                    'PlantedFinal',
                    '    static final Integer COUNT = 1;\n    static void run() {\n        COUNT = 2;\n    }'
                ),
            caught: /^PlantedFinal /m
        }
    ]
};
