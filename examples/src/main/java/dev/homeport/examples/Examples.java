package dev.homeport.examples;

import dev.homeport.examples.host.HostCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The jar's program: {@code examples host ...}. Each example is a program of its own as well. */
@Command(name = "examples", mixinStandardHelpOptions = true, description = "Homeport's examples.",
        subcommands = HostCommand.class)
public final class Examples {
    private Examples() {}

    public static void main(String[] arguments) {
        System.exit(run(new Examples(), arguments));
    }

    /** Runs a command and tells how it ended: 0, 2 for wrong usage, or as {@link StatusExit} says. */
    public static int run(Object command, String... arguments) {
        return new CommandLine(command)
                .setExecutionExceptionHandler(new StatusExit())
                .execute(arguments);
    }
}
