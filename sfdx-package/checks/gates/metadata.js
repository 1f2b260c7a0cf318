'use strict';
const { alter } = require('../gate');
const { checkMetadata } = require('../metadata');

const at = (file) => `msi/main/default/${file}`;
const LEAD_TYPE = at('objects/Lead/fields/Last_Interesting_Moment_Type__c.field-meta.xml');

module.exports = {
    about: 'metadata has only fields and values that Salesforce knows',
    check: checkMetadata,
    planted: [
        {
            about: 'an element that ends by another name',
            plant: (project) =>
                alter(project, at('tabs/msiSetupAssistant.tab-meta.xml'), '</label>', '</lable>'),
            caught: /msiSetupAssistant\.tab.*line/
        },
        {
            about: 'an element that the type does not have',
            plant: (project) =>
                alter(project, at('tabs/msiConfig.tab-meta.xml'), /lwcComponent/g, 'lwcComponnent'),
            caught: /msiConfig\.tab.*lwcComponnent/
        },
        {
            about: 'a value outside the list',
            plant: (project) => alter(project, LEAD_TYPE, '<type>Text<', '<type>Txt<'),
            caught: /Last_Interesting_Moment_Type__c.*'Txt'/
        },
        {
            about: 'a truth value that is none',
            plant: (project) =>
                alter(
                    project,
                    at('objects/Lead/fields/HideDate__c.field-meta.xml'),
                    '<required>false',
                    '<required>no'
                ),
            caught: /HideDate__c.*'no'/
        },
        {
            about: 'a number that is none',
            plant: (project) =>
                alter(
                    project,
                    at('objects/Lead/fields/Priority__c.field-meta.xml'),
                    '<precision>18',
                    '<precision>many'
                ),
            caught: /Lead.*Priority__c.*'many'/
        },
        {
            about: 'a missing required element',
            plant: (project) =>
                alter(
                    project,
                    'client-app/main/default/extlClntAppCanvasSettings/MSI_Gateway_canvasSettings.ecaCanvas-meta.xml',
                    /<canvasUrl>.*<\/canvasUrl>/,
                    ''
                ),
            caught: /ecaCanvas.*canvasUrl.*missing/
        },
        {
            about: 'a single element given twice',
            plant: (project) =>
                alter(
                    project,
                    at('customPermissions/MSI_Admin.customPermission-meta.xml'),
                    /(<label>.*<\/label>)/,
                    '$1$1'
                ),
            caught: /MSI_Admin.*label.*more than once/
        },
        {
            about: 'a root element of another type',
            plant: (project) =>
                alter(
                    project,
                    at('cachePartitions/MSI.cachePartition-meta.xml'),
                    /PlatformCachePartition( |>)/g,
                    'CustomTab$1'
                ),
            caught: /cachePartition.*CustomTab/
        },
        {
            about: 'a namespace that is missing',
            plant: (project) =>
                alter(
                    project,
                    at('customPermissions/MSI_User.customPermission-meta.xml'),
                    / xmlns="[^"]*"/,
                    ''
                ),
            caught: /MSI_User.*namespace/
        },
        {
            about: 'an unknown place for a canvas app',
            plant: (project) =>
                alter(
                    project,
                    'client-app/main/default/extlClntAppCanvasSettings/MSI_Gateway_canvasSettings.ecaCanvas-meta.xml',
                    '>Aura<',
                    '>Aurora<'
                ),
            caught: /ecaCanvas.*'Aurora'/
        },
        {
            about: 'a page on which a component cannot stand',
            plant: (project) =>
                alter(
                    project,
                    at('lwc/msiHighlights/msiHighlights.js-meta.xml'),
                    '<target>lightning__RecordPage',
                    '<target>lightning__RecordPge'
                ),
            caught: /msiHighlights.*lightning__RecordPge/
        }
    ]
};
