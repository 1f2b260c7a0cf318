({
    TABS: { moments: 'v.showMoments', web: 'v.showWeb', email: 'v.showEmail', score: 'v.showScore' },

    // The parameters as JSON, or nothing while the record isn't known yet.
    parametersOf: function (component) {
        var recordId = component.get('v.recordId');
        var objectName = component.get('v.sObjectName');
        var switches = this.TABS;
        var tabs = Object.keys(switches).filter(function (tab) {
            return component.get(switches[tab]);
        });
        if (!recordId || !objectName) {
            return null;
        }
        return JSON.stringify({ recordId: recordId, object: objectName, tabs: tabs });
    },

    sentence: function () {
        return $A.get('$Label.c.MSI_Problem_Unreachable') + ' ' + $A.get('$Label.c.MSI_Remedy_Unreachable');
    }
});
