'use strict';
const path = require('node:path');
const { MODULES, addClass, alter, findings, java } = require('../gate');

const JARS = path.join(MODULES, '@salesforce/code-analyzer-pmd-engine/dist/java-lib');

module.exports = {
    about: 'Apex and Visualforce name only what exists (first type check; Apex is not run)',
    check: (project) =>
        findings(
            java(
                [`${JARS}/*`],
                [],
                'io.github.apexdevtools.apexls.CheckForIssues',
                ['-w', project, '--nocache', '-d', 'warnings'],
                project
            )
        ),
    planted: [
        {
            about: 'a method that a platform type does not have',
            plant: (project) =>
                addClass(project, 'PlantedMethod', "    Integer size = new List<String>{ 'a' }.length();"),
            caught: /PlantedMethod\.cls[^/]*length/
        },
        {
            about: 'a method that our own class does not have',
            plant: (project) =>
                addClass(project, 'PlantedOwn', '    MsiSettings settings = MsiSettings.curent();'),
            caught: /PlantedOwn\.cls[^/]*curent/
        },
        {
            about: 'a field that an object does not have',
            plant: (project) =>
                addClass(project, 'PlantedField', '    Lead person = new Lead(Urgencey_Value__c = 1);'),
            caught: /PlantedField\.cls[^/]*Urgencey_Value__c/
        },
        {
            about: 'a class that does not exist',
            plant: (project) => addClass(project, 'PlantedClass', '    MsiNowhere nowhere;'),
            caught: /PlantedClass\.cls[^/]*MsiNowhere/
        },
        {
            about: 'a value of the wrong type',
            plant: (project) => addClass(project, 'PlantedValue', "    Integer count = 'three';"),
            caught: /PlantedValue\.cls/
        },
        {
            about: 'a label that does not exist',
            plant: (project) => addClass(project, 'PlantedLabel', '    String text = Label.MSI_Nowhere;'),
            caught: /PlantedLabel\.cls[^/]*MSI_Nowhere/
        },
        {
            about: 'a page whose controller does not exist',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/pages/MsiLead.page',
                    'MsiPanelExtension',
                    'MsiPanelExtention'
                ),
            caught: /MsiLead\.page[^/]*MsiPanelExtention/
        }
    ]
};
