package dev.homeport.chaos.topic;

import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.PidReuse;
import dev.homeport.testkit.process.Jvm;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The number of a client that has just died goes to a new process at once, in a process namespace of its own; every
 * second client has passed its connection on before. The server takes nothing of the new process for the old one's: not
 * its program, not its memory, and it is told of the death.
 */
public final class Pids implements Topic {
    private static final String[] OWN_NAMESPACE = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"};
    private static final Duration PATIENCE = Duration.ofSeconds(200);

    @Override
    public String trials() {
        return "process numbers used again";
    }

    @Override
    public long fullSize() {
        return 1_000;
    }

    @Override
    public long shortSize() {
        return 4;
    }

    @Override
    public void run(Run run) throws Exception {
        if (!isPossible()) {
            skip(run, "no process namespace of one's own is allowed here");
            return;
        }
        Jvm.Launch launch = Jvm.Launch.of(PidReuse.class).option("-XX:+UseSerialGC")
                .option("-XX:-UsePerfData").behind(OWN_NAMESPACE);
        // Its own number is 1 in every such namespace: two campaigns at once, or one beside a build, need another name each.
        String name = "chaos-pids-" + ProcessHandle.current().pid();
        try (Jvm reuse = launch.start(Long.toString(run.first()), Long.toString(run.end()), name)) {
            long given = 0;
            List<String> lost = new ArrayList<>();
            while (run.done() < run.size()) {
                String line = reuse.awaitLine("", PATIENCE);
                if (line.startsWith(PidReuse.FAILED)) {
                    run.fail(line);
                } else if (line.startsWith(PidReuse.DONE)) {
                    run.done(1);
                    given++;
                } else if (line.startsWith(PidReuse.LOST)) {
                    lost.add(line);
                } else if (line.startsWith(PidReuse.REFUSED)) {
                    skip(run, line);
                }
            }
            run.fact(given + " given to a new process");
            if (!lost.isEmpty()) {
                run.fact(lost.size() + " numbers went to a thread instead and were tried anew, such as " + lost.getFirst());
            }
        }
    }

    private static boolean isPossible() throws InterruptedException {
        try {
            List<String> command = new ArrayList<>(List.of(OWN_NAMESPACE));
            command.add("true");
            Process tried = new ProcessBuilder(command).start();
            return tried.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) && tried.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void skip(Run run, String why) {
        run.fact("SKIPPED: " + why);
        run.done(run.size() - run.done());
    }
}
