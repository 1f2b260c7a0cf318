// Type-checks Apex with the platform's own compiler front end, without an org.
//
//   java -cp "<front end jars>" -Dstubs=<jars that know sObjects> -Dobjects=<metadata roots> ApexTypes.java FILE...
//
// The front end brings signatures of the platform's classes as Apex text, the second set of jars knows the standard
// objects and their fields, our own objects are read from their metadata. Nothing is executed. A finding is one line
// "file:line: message"; exit code 1 if there is any.

import apex.jorje.semantic.ast.expression.*;
import apex.jorje.semantic.ast.modifier.ModifierGroups;
import apex.jorje.semantic.ast.visitor.*;
import apex.jorje.semantic.bcl.DmlOperation;
import apex.jorje.semantic.compiler.*;
import apex.jorje.semantic.compiler.sfdc.*;
import apex.jorje.semantic.symbol.member.variable.*;
import apex.jorje.semantic.symbol.resolver.SymbolResolver;
import apex.jorje.semantic.symbol.type.*;
import apex.jorje.services.Version;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;
import java.util.function.Consumer;
import java.util.regex.*;
import java.util.stream.Stream;
import java.util.zip.*;

public class ApexTypes {

    public static void main(String[] files) throws Exception {
        Schema schema = new Schema();
        schema.readStandard(Path.of(System.getProperty("stubs")));
        for (String root : System.getProperty("objects").split(File.pathSeparator)) {
            schema.readCustom(Path.of(root));
        }
        Platform platform = new Platform(schema);
        List<SourceFile> sources = new ArrayList<>();
        for (String file : files) {
            String name = Path.of(file).getFileName().toString().replaceFirst("\\.\\w+$", "");
            sources.add(source(Namespaces.EMPTY, Files.readString(Path.of(file))).setKnownName(name).build());
        }
        AccessEvaluator everythingAllowed = standIn(AccessEvaluator.class, true);
        ApexCompiler compiler = ApexCompiler.builder()
            .setInput(new CompilationInput(sources, platform, everythingAllowed, new Queries(schema), new Silent(), NoopCompilerProgressCallback.get()))
            .build();
        platform.compiler = compiler;
        compiler.compile(CompilerStage.VALIDATE);

        int found = 0;
        for (CodeUnit unit : compiler.getCodeUnits()) {
            if (unit.getSourceFile().isMocked()) {
                continue;
            }
            for (var error : unit.getErrors().get()) {
                if (!isGap(error.getError(), schema)) {
                    found++;
                    System.out.println(unit.getSourceFile().getKnownName() + " " + error.getLoc() + ": " + error.getError());
                }
            }
        }
        System.out.println(sources.size() + " files, " + found + " findings");
        System.exit(found > 0 ? 1 : 0);
    }

    /** What the bundled signatures lack or say wrongly; the other type check covers these types. */
    static final Pattern GAPS = Pattern.compile(
        String.join(
            "|",
            "Invalid type: Database\\.(Stateful|AllowsCallouts|RaisesPlatformEvents)",
            "non-parameterized type: database\\.Batchable",
            "non-overriding method: String \\S+\\.getTypeName",
            "No default constructor available in super type: Exception",
            "runAs requires a single argument of type 'User' or 'Version'",
            "schema\\.SObjectType(, | but was: )Schema\\.SObjectType"
        )
    );

    /** A field token such as Task.Subject reads as an instance field here. */
    private static final Pattern TOKEN = Pattern.compile("^Non static field cannot be referenced from a static context: \\w+ from the type (\\w+)$");

    static boolean isGap(String message, Schema schema) {
        Matcher token = TOKEN.matcher(message);
        return GAPS.matcher(message).find() || (token.matches() && schema.find(token.group(1)) != null);
    }

    static SourceFile.Builder source(Namespace namespace, String body) {
        return SourceFile.builder().setBody(body).setNamespace(namespace).setVersion(Version.CURRENT);
    }

    /** An implementation that answers yes (or no, nothing, the first) to everything. */
    @SuppressWarnings("unchecked")
    static <T> T standIn(Class<T> type, boolean yes) {
        InvocationHandler handler = (self, method, arguments) -> {
            if (method.isDefault()) {
                return InvocationHandler.invokeDefault(self, method, arguments);
            }
            Class<?> wanted = method.getReturnType();
            if (wanted == boolean.class) {
                return yes;
            }
            if (wanted == int.class) {
                return 0;
            }
            if (wanted == List.class) {
                return List.of();
            }
            return wanted.isEnum() ? wanted.getEnumConstants()[0] : null;
        };
        return (T) Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, handler);
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** We only want the findings, no further passes over the tree. */
    static class Silent extends AstVisitor<AdditionalPassScope> {
        @Override
        protected boolean defaultVisit() {
            return false;
        }
    }

    /** sObjects: the standard ones by reflection on stub classes, ours from metadata. */
    static class Schema {
        private static final String PACKAGE = "com/nawforce/runforce/SObjects/";
        private static final Map<String, TypeInfo> BY_JAVA_TYPE = new HashMap<>();
        private static final Map<String, TypeInfo> BY_METADATA_TYPE = new HashMap<>();

        static {
            BY_JAVA_TYPE.put("string", TypeInfos.STRING);
            BY_JAVA_TYPE.put("id", TypeInfos.ID);
            BY_JAVA_TYPE.put("integer", TypeInfos.INTEGER);
            BY_JAVA_TYPE.put("decimal", TypeInfos.DECIMAL);
            BY_JAVA_TYPE.put("double", TypeInfos.DOUBLE);
            BY_JAVA_TYPE.put("boolean", TypeInfos.BOOLEAN);
            BY_JAVA_TYPE.put("date", TypeInfos.DATE);
            BY_JAVA_TYPE.put("datetime", TypeInfos.DATE_TIME);
            BY_JAVA_TYPE.put("time", TypeInfos.TIME);
            BY_JAVA_TYPE.put("blob", TypeInfos.BLOB);
            List.of("Number", "Currency", "Percent").forEach(number -> BY_METADATA_TYPE.put(number, TypeInfos.DECIMAL));
            BY_METADATA_TYPE.put("Checkbox", TypeInfos.BOOLEAN);
            BY_METADATA_TYPE.put("Date", TypeInfos.DATE);
            BY_METADATA_TYPE.put("DateTime", TypeInfos.DATE_TIME);
            BY_METADATA_TYPE.put("Time", TypeInfos.TIME);
            BY_METADATA_TYPE.put("Lookup", TypeInfos.ID);
            BY_METADATA_TYPE.put("MasterDetail", TypeInfos.ID);
        }

        /** One field of ours; `to` is the object that a lookup points at. */
        private record Own(String name, String type, String to) {}

        private final Map<String, String> standard = new HashMap<>();
        private final Map<String, String> names = new HashMap<>();
        private final Map<String, List<Own>> own = new HashMap<>();
        private final Set<String> settings = new HashSet<>();
        private final Map<String, SObjectTypeInfo> built = new HashMap<>();
        final Set<String> labels = new HashSet<>();
        private ClassLoader loader;

        void readStandard(Path folder) throws IOException {
            List<URL> urls = new ArrayList<>();
            try (Stream<Path> jars = Files.list(folder)) {
                for (Path jar : (Iterable<Path>) jars.filter(path -> path.toString().endsWith(".jar"))::iterator) {
                    try (ZipFile zip = new ZipFile(jar.toFile())) {
                        boolean any = false;
                        for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(each -> (ZipEntry) each)::iterator) {
                            String name = entry.getName();
                            if (name.startsWith(PACKAGE) && name.endsWith(".class") && !name.contains("$")) {
                                String simple = name.substring(PACKAGE.length(), name.length() - 6);
                                standard.put(lower(simple), (PACKAGE + simple).replace('/', '.'));
                                any = true;
                            }
                            any |= name.startsWith("com/nawforce/runforce/");
                        }
                        if (any) {
                            urls.add(jar.toUri().toURL());
                        }
                    }
                }
            }
            loader = new URLClassLoader(urls.toArray(URL[]::new));
        }

        void readCustom(Path root) throws IOException {
            Pattern place = Pattern.compile(".*/objects/([^/]+)/(?:fields/)?([^/]+)\\.(object|field)-meta\\.xml");
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Matcher match = place.matcher(file.toString());
                    if (file.toString().endsWith(".labels-meta.xml")) {
                        Matcher label = Pattern.compile("<fullName>(\\w+)<").matcher(Files.readString(file));
                        while (label.find()) {
                            labels.add(label.group(1));
                        }
                    }
                    if (!match.matches()) {
                        continue;
                    }
                    names.putIfAbsent(lower(match.group(1)), match.group(1));
                    String xml = Files.readString(file);
                    if (xml.contains("<customSettingsType>Hierarchy<")) {
                        settings.add(lower(match.group(1)));
                    }
                    if (match.group(3).equals("field")) {
                        // fields of Activity are fields of both tasks and events
                        List<String> holders = match.group(1).equals("Activity") ? List.of("Task", "Event", "Activity") : List.of(match.group(1));
                        for (String holder : holders) {
                            names.putIfAbsent(lower(holder), holder);
                            own.computeIfAbsent(lower(holder), none -> new ArrayList<>()).add(new Own(match.group(2), text(xml, "type"), text(xml, "referenceTo")));
                        }
                    }
                }
            }
        }

        private static String text(String xml, String element) {
            Matcher match = Pattern.compile("<" + element + ">([^<]*)<").matcher(xml);
            return match.find() ? match.group(1).trim() : "";
        }

        SObjectTypeInfo find(String name) {
            String key = lower(name);
            if (built.containsKey(key)) {
                return built.get(key);
            }
            String stub = standard.get(key);
            if (stub == null && !names.containsKey(key)) {
                return null;
            }
            String proper = stub == null ? names.get(key) : stub.substring(stub.lastIndexOf('.') + 1);
            SObjectMetadata metadata = SObjectMetadata.builder()
                .setSupportedDml(DmlOperation.ALL)
                .setEditable(true)
                .setTriggerable(true)
                .setCustomEntitySObjectType(kindOf(key))
                .setPlatformEvent(key.endsWith("__e"))
                .setLookupFieldPredicate((one, other) -> false)
                .setAccessibleWhenUntrustedCalculator(any -> true)
                .build();
            StandardFieldTable fields = new StandardFieldTable();
            SObjectTypeInfo.Builder builder = SObjectTypeInfo.builder();
            builder.setApexName(proper);
            builder.setBytecodeName("common/apex/runtime/impl/SObject$" + proper);
            builder.setMetadata(metadata);
            builder.setFields(fields);
            SObjectTypeInfo type = builder.buildResolved();
            built.put(key, type);

            Map<String, Runnable> columns = new TreeMap<>();
            if (stub != null) {
                standardColumns(stub, type, fields, columns);
            }
            column(columns, fields, type, "Id", TypeInfos.ID);
            if (own.containsKey(key) || stub == null) {
                column(columns, fields, type, "Name", TypeInfos.STRING);
                for (String each : List.of("OwnerId", "SetupOwnerId", "CreatedById", "LastModifiedById")) {
                    column(columns, fields, type, each, TypeInfos.ID);
                }
                for (String each : List.of("CreatedDate", "LastModifiedDate", "SystemModstamp")) {
                    column(columns, fields, type, each, TypeInfos.DATE_TIME);
                }
                if (key.endsWith("__mdt")) {
                    column(columns, fields, type, "DeveloperName", TypeInfos.STRING);
                    column(columns, fields, type, "MasterLabel", TypeInfos.STRING);
                }
            }
            for (Own field : own.getOrDefault(key, List.of())) {
                column(columns, fields, type, field.name(), BY_METADATA_TYPE.getOrDefault(field.type(), TypeInfos.STRING));
                SObjectTypeInfo to = field.to().isEmpty() ? null : find(field.to());
                if (to != null) {
                    column(columns, fields, type, field.name().replaceFirst("__c$", "__r"), to);
                }
            }
            columns.values().forEach(Runnable::run);
            SObjectFieldInfo.Builder self = SObjectFieldInfo.builder();
            self.setName("SObjectType");
            self.setType(InternalTypeInfos.SCHEMA_SOBJECT_TYPE);
            self.setDefiningType(type);
            self.setModifiers(ModifierGroups.GLOBAL_STATIC);
            self.setCategory(SObjectFieldInfo.Category.REGULAR);
            fields.add((FieldInfo) self.build());
            fields.resolve();
            return type;
        }

        private SObjectMetadata.CustomEntitySObjectType kindOf(String key) {
            if (key.endsWith("__mdt")) {
                return SObjectMetadata.CustomEntitySObjectType.CUSTOM_METADATA_TYPE;
            }
            return settings.contains(key) ? SObjectMetadata.CustomEntitySObjectType.HIERARCHY_CUSTOM_SETTING : SObjectMetadata.CustomEntitySObjectType.OTHER;
        }

        private void standardColumns(String stub, TypeInfo type, StandardFieldTable fields, Map<String, Runnable> columns) {
            try {
                for (Field field : loader.loadClass(stub).getFields()) {
                    if (Modifier.isStatic(field.getModifiers())) {
                        continue;
                    }
                    Class<?> java = field.getType();
                    TypeInfo kind = BY_JAVA_TYPE.get(lower(java.getSimpleName()));
                    if (kind == null && java.getName().contains(".SObjects.")) {
                        kind = find(java.getSimpleName());
                    }
                    column(columns, fields, type, field.getName(), kind == null ? TypeInfos.OBJECT : kind);
                }
            } catch (ReflectiveOperationException | LinkageError unreadable) {
                System.err.println(stub + ": " + unreadable);
            }
        }

        private void column(Map<String, Runnable> columns, StandardFieldTable fields, TypeInfo holder, String name, TypeInfo kind) {
            columns.putIfAbsent(lower(name), () -> {
                SObjectFieldInfo.Builder field = SObjectFieldInfo.builder();
                field.setName(name);
                field.setType(kind);
                field.setDefiningType(holder);
                field.setModifiers(ModifierGroups.ONLY_GLOBAL);
                field.setCategory(SObjectFieldInfo.Category.REGULAR);
                field.setColumnInfo(true);
                fields.add((FieldInfo) field.build());
            });
        }
    }

    /** The platform's classes, from the signatures that come with the front end. */
    static class Platform implements SymbolProvider {
        private static final String FOLDER = "StandardApexLibrary/";
        private final Schema schema;
        private final Map<String, String> texts = new HashMap<>();
        private final Map<String, TypeInfo> known = new HashMap<>();
        ApexCompiler compiler;

        Platform(Schema schema) throws IOException {
            this.schema = schema;
            String jar = ApexCompiler.class.getProtectionDomain().getCodeSource().getLocation().getPath();
            try (ZipFile zip = new ZipFile(jar)) {
                for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(each -> (ZipEntry) each)::iterator) {
                    String name = entry.getName();
                    if (name.startsWith(FOLDER) && name.endsWith(".cls")) {
                        String body = new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
                        texts.put(lower(name.substring(FOLDER.length(), name.length() - 4)), body);
                    }
                }
            }
            repair();
            StringBuilder labels = new StringBuilder("global class Label {");
            for (String label : schema.labels) {
                labels.append(" global static String ").append(label).append(";");
            }
            texts.put("system/label", labels.append(" }").toString());
        }

        /** Places where the bundled signatures differ from the platform. */
        private void repair() {
            texts.put("system/accesslevel", "global class AccessLevel { global static AccessLevel USER_MODE { get; } global static AccessLevel SYSTEM_MODE { get; } }");
            texts.put("system/aurahandledexception", "global class AuraHandledException extends Exception {}");
            texts.put("system/restcontext", "global class RestContext { global static RestRequest request { get; set; } global static RestResponse response { get; set; } }");
            texts.computeIfPresent("system/apexpages", (name, body) -> body.replaceAll("global (?!class|static|ApexPages)", "global static "));
            for (String name : List.copyOf(texts.keySet())) {
                if (name.startsWith("connectapi/") && name.endsWith("enum")) {
                    texts.putIfAbsent(name.replaceFirst("enum$", ""), texts.get(name).replaceFirst("(enum\\s+\\w+?)Enum\\b", "$1"));
                }
            }
            texts.replaceAll((name, body) -> {
                if (!name.endsWith("exception") || name.equals("system/exception")) {
                    return body;
                }
                Matcher head = Pattern.compile("class\\s+(\\w+)").matcher(body);
                return head.find() ? "global class " + head.group(1) + " extends Exception {}" : body;
            });
        }

        @Override
        public TypeInfo find(SymbolResolver resolver, TypeInfo from, String name) {
            String key = lower(name).replace("common/apex/methods/", "");
            if (key.endsWith("/apexbaseexception")) {
                return TypeInfos.EXCEPTION;
            }
            if (known.containsKey(key) || !texts.containsKey(key)) {
                return known.get(key);
            }
            known.put(key, null);
            SourceFile file = source(Namespaces.create(key.split("/")[0]), texts.get(key)).setTrusted(true).setFileBased(true).setMocked(true).build();
            TypeInfo type = compiler.attachSource(resolver, file, key);
            known.put(key, type);
            return type;
        }

        @Override
        public TypeInfo getSObjectType(TypeInfo from, String name) {
            return schema.find(name);
        }

        @Override
        public String getPageReference(TypeInfo from, String name) {
            return name;
        }

        /** A label is a static of the class that was made of the labels that exist. */
        @Override
        public boolean hasLabelField(TypeInfo from, Namespace namespace, String name) {
            return true;
        }

        @Override
        public TypeInfo getVfComponentType(SymbolResolver resolver, TypeInfo from, Namespace namespace, String name) {
            return null;
        }

        @Override
        public TypeInfo getFlowInterviewType(SymbolResolver resolver, TypeInfo from, Namespace namespace, String name) {
            return null;
        }

        @Override
        public TypeInfo getAggregateResultType(TypeInfo from) {
            return null;
        }

        @Override
        public String getQuickAction(TypeInfo from, String object, String name) {
            return null;
        }

        @Override
        public boolean isDynamicTypeNamespace(String namespace) {
            return false;
        }

        @Override
        public boolean isDynamicTypeNamespace(String namespace, String name) {
            return false;
        }
    }

    /** SOQL: the object and every selected column must exist. */
    static class Queries implements QueryValidator {
        private static final Pattern SHAPE = Pattern.compile("(?is)\\[?\\s*select\\s+(.*?)\\s+from\\s+(\\w+).*");
        private final Schema schema;

        Queries(Schema schema) {
            this.schema = schema;
        }

        @Override
        public String validateSoql(SymbolResolver resolver, ValidationScope scope, SoqlExpression query) {
            check(query.getRawQuery(), message -> scope.getErrors().markInvalid(query, message));
            return query.getRawQuery();
        }

        @Override
        public String validateSosl(SymbolResolver resolver, ValidationScope scope, SoslExpression query) {
            return query.getRawQuery();
        }

        private void check(String text, Consumer<String> report) {
            Matcher match = SHAPE.matcher(text);
            if (!match.matches()) {
                return;
            }
            SObjectTypeInfo object = schema.find(match.group(2));
            if (object == null) {
                report.accept("sObject type '" + match.group(2) + "' is not supported.");
                return;
            }
            if (match.group(1).contains("(")) {
                return;
            }
            for (String column : match.group(1).split(",")) {
                TypeInfo at = object;
                Set<String> seen = new HashSet<>();
                for (String step : column.trim().split("\\s+")[0].split("\\.")) {
                    TypeInfo next = null;
                    for (FieldInfo field : at.fields().all()) {
                        if (field.getName().equalsIgnoreCase(step)) {
                            next = field.getType();
                        }
                    }
                    if (next == null) {
                        report.accept("No such column '" + step + "' on entity '" + at + "'");
                        break;
                    }
                    if (!(next instanceof SObjectTypeInfo) || !seen.add(step)) {
                        break;
                    }
                    at = next;
                }
            }
        }
    }
}
