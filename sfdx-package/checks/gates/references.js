'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { add, alter } = require('../gate');
const { checkReferences } = require('../references');

const at = (file) => `msi/main/default/${file}`;
const REPS = at('permissionsets/Marketo_App_Access.permissionset-meta.xml');
const CANVAS =
    'client-app/main/default/extlClntAppCanvasSettings/MSI_Gateway_canvasSettings.ecaCanvas-meta.xml';

const fault = (about, caught, plant) => ({ about, caught, plant });
const change = (about, caught, file, from, to) =>
    fault(about, caught, (project) => alter(project, file, from, to));

module.exports = {
    about: 'what one file says about another is true, and no secret is among them',
    check: checkReferences,
    planted: [
        change(
            'a permission for a class that is not there',
            /classAccesses names MsiNowhere/,
            REPS,
            '>MsiPanelExtension<',
            '>MsiNowhere<'
        ),
        change(
            'a permission for a page that is not there',
            /pageAccesses names MsiNowhere/,
            REPS,
            '>MsiAccount<',
            '>MsiNowhere<'
        ),
        change(
            'a permission for a field that is not there',
            /fieldPermissions names Task\.MSE_Viewd__c/,
            REPS,
            '>Task.MSE_Viewed__c<',
            '>Task.MSE_Viewd__c<'
        ),
        change(
            'a formula that may be edited',
            /Lead\.Urgency__c is a formula/,
            REPS,
            /<editable>false<\/editable>(\s*<field>Lead\.Urgency__c)/,
            '<editable>true</editable>$1'
        ),
        fault(
            'an activity field by another name',
            /objects\/Activity: MSE_Template__c is missing/,
            (project) => {
                const folder = path.join(project, at('objects/Activity/fields'));
                fs.renameSync(
                    path.join(folder, 'MSE_Template__c.field-meta.xml'),
                    path.join(folder, 'MSE_Templat__c.field-meta.xml')
                );
            }
        ),
        change(
            'a canvas plug-in of another app',
            /ecaCanvas.*no client app MSI_Nowhere/,
            CANVAS,
            'MSI_Gateway<',
            'MSI_Nowhere<'
        ),
        change(
            'a lifecycle handler that is not there',
            /ecaCanvas.*no class MsiNoLifecycle/,
            CANVAS,
            '>MsiCanvasLifecycle<',
            '>MsiNoLifecycle<'
        ),
        change(
            'a page that hosts another app',
            /MsiContact\.page.*no client app MSI_Other/,
            at('pages/MsiContact.page'),
            'MSI_Gateway',
            'MSI_Other'
        ),
        change(
            'a handler that leaves the organization out',
            /MsiCanvasLifecycle.*must stay/,
            at('classes/MsiCanvasLifecycle.cls'),
            'ContextTypeEnum>()',
            'ContextTypeEnum>{ Canvas.ContextTypeEnum.ORGANIZATION }'
        ),
        change(
            'an import of a method that is not there',
            /msiSetupAssistant\.js.*no static @AuraEnabled method getStep$/m,
            at('lwc/msiSetupAssistant/msiSetupAssistant.js'),
            'MsiSetupController.getSteps',
            'MsiSetupController.getStep'
        ),
        change(
            'an import of a method that Lightning may not call',
            /msiConfig\.js.*MsiConfigController has no static @AuraEnabled method reset/,
            at('classes/MsiConfigController.cls'),
            /@AuraEnabled\s+public static Config reset/,
            'public static Config reset'
        ),
        change(
            'a component inside another that is not there',
            /msiSetupAssistant\.html.*no component msiCheks/,
            at('lwc/msiSetupAssistant/msiSetupAssistant.html'),
            /c-msi-checks/g,
            'c-msi-cheks'
        ),
        fault('a component without a test', /msiChecks\.js: has no test/, (project) =>
            fs.rmSync(path.join(project, at('lwc/msiChecks/__tests__')), { recursive: true })
        ),
        change(
            'a canvas drawn before its parameters are known',
            /msiPanel\.cmp.*before its parameters/,
            at('aura/msiPanel/msiPanel.cmp'),
            '{!v.parameters}">',
            '{!true}">'
        ),
        change(
            'a property of the App Builder without an attribute',
            /msiPanel\.design.*no attribute showScores/,
            at('aura/msiPanel/msiPanel.design'),
            '"showScore"',
            '"showScores"'
        ),
        change(
            'an Aura action that is not there',
            /msiPanel\.cmp.*no sayWhat/,
            at('aura/msiPanel/msiPanel.cmp'),
            'c.sayWhy',
            'c.sayWhat'
        ),
        change(
            'a button whose page is not there',
            /MSI_Send_Sales_Email.*no page MsiNoPage/,
            at('objects/Lead/webLinks/MSI_Send_Sales_Email.webLink-meta.xml'),
            '>MsiLeadSendEmail<',
            '>MsiNoPage<'
        ),
        change(
            'a link field whose page is not there',
            /Account\/fields\/Sales_Insight__c.*no page MsiAcount/,
            at('objects/Account/fields/Sales_Insight__c.field-meta.xml'),
            '/apex/MsiAccount',
            '/apex/MsiAcount'
        ),
        change(
            'a label that is not there',
            /MsiDiagnostics\.cls.*no label MSI_Check_Tokn/,
            at('classes/MsiDiagnostics.cls'),
            'MSI_Check_Token',
            'MSI_Check_Tokn'
        ),
        change(
            'a label that nobody translated',
            /sv\.translation.*MSI_Refresh is not translated/,
            at('translations/sv.translation-meta.xml'),
            '>MSI_Refresh<',
            '>MSI_Refersh<'
        ),
        change(
            'a translation that lost a value',
            /fr\.translation.*MSI_Setup_Progress has other places/,
            at('translations/fr.translation-meta.xml'),
            '{0} sur {1}',
            '{0} sur tous'
        ),
        change(
            'a package that states another version',
            /does not say 1\.0\.1|says 1\.0\.0, sfdx-project\.json says 1\.0\.1/,
            'sfdx-project.json',
            '1.0.0.NEXT',
            '1.0.1.NEXT'
        ),
        change(
            'a class of another API version',
            /MsiCall\.cls-meta\.xml: API version 58\.0/,
            at('classes/MsiCall.cls-meta.xml'),
            '67.0',
            '58.0'
        ),
        change(
            'a consumer secret',
            /ecaGlblOauth.*consumer key or secret/,
            'client-app/main/default/extlClntAppGlobalOauthSets/MSI_Gateway_glbloauth.ecaGlblOauth-meta.xml',
            '<externalClientApplication>',
            '<consumerSecret>x</consumerSecret><externalClientApplication>'
        ),
        fault(
            'a field without a name in a language',
            /Activity\/fields\/MSE_Clicked__c.*has no zh_CN name/,
            (project) =>
                fs.rmSync(
                    path.join(
                        project,
                        at('objectTranslations/Activity-zh_CN/MSE_Clicked__c.fieldTranslation-meta.xml')
                    )
                )
        ),
        fault('a private key', /key\.txt: contains a private key/, (project) =>
            add(
                project,
                'org-setup/key.txt',
                ['-----BEGIN', 'PRIVATE', 'KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n'].join(' ')
            )
        )
    ]
};
