import title from '@salesforce/label/c.MSI_Config_Title';
import connection from '@salesforce/label/c.MSI_Config_Connection';
import address from '@salesforce/label/c.MSI_Config_Address';
import addressHelp from '@salesforce/label/c.MSI_Config_AddressHelp';
import certificate from '@salesforce/label/c.MSI_Config_Certificate';
import timeout from '@salesforce/label/c.MSI_Config_Timeout';
import debug from '@salesforce/label/c.MSI_Config_Debug';
import pem from '@salesforce/label/c.MSI_Config_Pem';
import register from '@salesforce/label/c.MSI_Config_Register';
import registeredAt from '@salesforce/label/c.MSI_Config_RegisteredAt';
import secret from '@salesforce/label/c.MSI_Config_Secret';
import secretHelp from '@salesforce/label/c.MSI_Config_SecretHelp';
import storeSecret from '@salesforce/label/c.MSI_Config_StoreSecret';
import storedAt from '@salesforce/label/c.MSI_Config_StoredAt';
import actions from '@salesforce/label/c.MSI_Config_Actions';
import enableActions from '@salesforce/label/c.MSI_Config_EnableActions';
import governance from '@salesforce/label/c.MSI_Config_Governance';
import tabOrder from '@salesforce/label/c.MSI_Config_TabOrder';
import moveUp from '@salesforce/label/c.MSI_Config_MoveUp';
import moveDown from '@salesforce/label/c.MSI_Config_MoveDown';
import save from '@salesforce/label/c.MSI_Config_Save';
import saved from '@salesforce/label/c.MSI_Config_Saved';
import diagnostics from '@salesforce/label/c.MSI_Config_Diagnostics';
import runDiagnostics from '@salesforce/label/c.MSI_Config_RunDiagnostics';
import reset from '@salesforce/label/c.MSI_Config_Reset';
import resetQuestion from '@salesforce/label/c.MSI_Config_ResetQuestion';
import resetDone from '@salesforce/label/c.MSI_Config_ResetDone';
import loading from '@salesforce/label/c.MSI_Panel_Loading';
import moments from '@salesforce/label/c.MSI_Tab_Moments';
import web from '@salesforce/label/c.MSI_Tab_Web';
import email from '@salesforce/label/c.MSI_Tab_Email';
import score from '@salesforce/label/c.MSI_Tab_Score';
import sendEmail from '@salesforce/label/c.MSI_Action_Email';
import addToCampaign from '@salesforce/label/c.MSI_Action_Campaign';
import dial from '@salesforce/label/c.MSI_Action_Call';
import addTask from '@salesforce/label/c.MSI_Action_Task';
import upcomingCampaigns from '@salesforce/label/c.MSI_Upcoming_Campaigns';
import upcomingTasks from '@salesforce/label/c.MSI_Upcoming_Tasks';

/** The page's own words. */
export const LABEL = {
    title,
    connection,
    address,
    addressHelp,
    certificate,
    timeout,
    debug,
    pem,
    register,
    registeredAt,
    secret,
    secretHelp,
    storeSecret,
    storedAt,
    actions,
    enableActions,
    governance,
    tabOrder,
    moveUp,
    moveDown,
    save,
    saved,
    diagnostics,
    runDiagnostics,
    reset,
    resetQuestion,
    resetDone,
    loading
};

/** The panel's tabs, as the gateway names them. */
export const TABS = { moments, web, email, score };

/** The governance switches, by the field of the configuration that each one sets. */
export const SWITCHES = [
    { field: 'allowEmail', label: sendEmail },
    { field: 'allowCampaign', label: addToCampaign },
    { field: 'allowCall', label: dial },
    { field: 'allowTask', label: addTask },
    { field: 'showUpcomingCampaigns', label: upcomingCampaigns },
    { field: 'showUpcomingTasks', label: upcomingTasks }
];
