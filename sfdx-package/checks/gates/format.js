'use strict';
const { add, alter, findings, tool } = require('../gate');

module.exports = {
    about: 'every file parses and is formatted',
    check: (project) =>
        findings(tool('prettier/bin/prettier.cjs', ['--check', '.'], project), /^\[(warn|error)\] (?! +at )/),
    planted: [
        {
            about: 'XML that is not well-formed',
            plant: (project) =>
                alter(project, 'msi/main/default/tabs/msiConfig.tab-meta.xml', '</label>', '</label'),
            caught: /error.*msiConfig\.tab-meta\.xml/
        },
        {
            about: 'Apex that does not parse',
            plant: (project) =>
                add(
                    project,
                    'msi/main/default/classes/Planted.cls',
                    'public class Planted { Integer x = ; }\n'
                ),
            caught: /error.*Planted\.cls/
        },
        {
            about: 'a template that does not parse',
            plant: (project) => alter(project, 'msi/main/default/lwc/msiChecks/msiChecks.html', '</ul>', ''),
            caught: /error.*msiChecks\.html/
        },
        {
            about: 'code that nobody formatted',
            plant: (project) =>
                add(project, 'msi/main/default/lwc/msiText/planted.js', 'export  const planted={a:1}\n'),
            caught: /warn.*planted\.js/
        }
    ]
};
