// Runs PMD with a rule set and prints one line for each violation.
//
//   java -cp "<PMD jars>" SecurityRules.java RULESET FOLDER...
//
// Exit code 1 if there is any violation, 2 if a file could not be analysed.

import java.nio.file.Path;
import java.util.Arrays;
import net.sourceforge.pmd.PMDConfiguration;
import net.sourceforge.pmd.PmdAnalysis;
import net.sourceforge.pmd.lang.LanguageRegistry;
import net.sourceforge.pmd.reporting.Report;
import net.sourceforge.pmd.reporting.RuleViolation;

public class SecurityRules {

    public static void main(String[] arguments) {
        PMDConfiguration configuration = new PMDConfiguration();
        configuration.setIgnoreIncrementalAnalysis(true);
        configuration.setThreads(2);
        configuration.addRuleSet(arguments[0]);
        for (String folder : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            configuration.addInputPath(Path.of(folder));
        }
        LanguageRegistry languages = configuration.getLanguageRegistry();
        for (String language : new String[] { "apex", "visualforce", "xml", "ecmascript" }) {
            if (languages.getLanguageById(language) == null) {
                System.out.println("no rules for " + language);
            }
        }
        try (PmdAnalysis analysis = PmdAnalysis.create(configuration)) {
            Report report = analysis.performAnalysisAndCollectReport();
            for (RuleViolation violation : report.getViolations()) {
                System.out.println(
                    violation.getFileId().getAbsolutePath() + ":" + violation.getBeginLine() + " " + violation.getRule().getName() + ": " + violation.getDescription()
                );
            }
            report.getProcessingErrors().forEach(error -> System.out.println(error.getFileId().getAbsolutePath() + " not analysed: " + error.getMsg()));
            report.getConfigurationErrors().forEach(error -> System.out.println("rule " + error.rule().getName() + ": " + error.issue()));
            int rules = analysis.getRulesets().stream().mapToInt(set -> set.getRules().size()).sum();
            System.out.println(rules + " rules, " + report.getViolations().size() + " violations");
            boolean broken = !report.getProcessingErrors().isEmpty() || !report.getConfigurationErrors().isEmpty() || rules == 0;
            System.exit(broken ? 2 : report.getViolations().isEmpty() ? 0 : 1);
        }
    }
}
