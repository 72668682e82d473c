package dev.homeport.testkit;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs test classes of this module again and again in one JVM, to show that they fail by no chance: a line for each
 * round, each failure in full, and exit code 1 if there was one. It goes on after a failure, so that rounds can be
 * counted.
 */
final class Repeats {
    private static final PrintStream OUT = System.out;

    private Repeats() {}

    /**
     * @param arguments how often, and a pattern for the classes' full names
     */
    public static void main(String[] arguments) {
        int rounds = Integer.parseInt(arguments[0]);
        LauncherDiscoveryRequest tests = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage(Repeats.class.getPackageName()))
                .filters(includeClassNamePatterns(arguments[1]))
                .build();
        Launcher launcher = LauncherFactory.create();
        long run = 0;
        long failed = 0;
        for (int round = 1; round <= rounds; round++) {
            TestExecutionSummary summary = run(launcher, tests);
            OUT.printf(
                    "round %d of %d: %d tests, %d failed, %d s%n", round, rounds, summary.getTestsStartedCount(),
                    summary.getTotalFailureCount(),
                    TimeUnit.MILLISECONDS.toSeconds(summary.getTimeFinished() - summary.getTimeStarted()));
            run += summary.getTestsStartedCount();
            failed += summary.getTotalFailureCount();
        }
        OUT.printf("repeats of %s: %d rounds, %d tests, %d failed%n", arguments[1], rounds, run, failed);
        // Threads of a test that hangs keep nobody.
        System.exit(run == 0 || failed > 0 ? 1 : 0);
    }

    private static TestExecutionSummary run(Launcher launcher, LauncherDiscoveryRequest tests) {
        SummaryGeneratingListener results = new SummaryGeneratingListener();
        launcher.execute(tests, results);
        for (TestExecutionSummary.Failure failure : results.getSummary().getFailures()) {
            OUT.println("failed: " + failure.getTestIdentifier().getUniqueId());
            failure.getException().printStackTrace(OUT);
        }
        return results.getSummary();
    }
}
