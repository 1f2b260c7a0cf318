<aura:application
    access="GLOBAL"
    extends="ltng:outApp"
    description="Lets Visualforce pages show the list action"
>
    <aura:dependency resource="c:msiListAction" />
</aura:application>
