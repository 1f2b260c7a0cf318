({
    // The page may hand the record over after the component was made: the canvas waits until both are known,
    // since Salesforce signs the parameters that are there when it is first drawn.
    tellRecord: function (component, event, helper) {
        var parameters = helper.parametersOf(component);
        if (parameters && parameters !== component.get('v.parameters')) {
            component.set('v.parameters', parameters);
        }
    },

    sayWhy: function (component, event, helper) {
        component.set('v.failure', helper.sentence());
    }
});
