package dev.homeport.examples;

import dev.homeport.examples.approvals.ApprovalsCommand;
import dev.homeport.examples.call.CallCommand;
import dev.homeport.examples.host.HostCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The jar's program: {@code examples host ...}. Each example is a program of its own as well. */
@Command(name = "examples", mixinStandardHelpOptions = true, description = "Homeport's examples.",
        subcommands = {HostCommand.class, ApprovalsCommand.class, CallCommand.class})
public final class Examples {
    private Examples() {}

    public static void main(String[] arguments) {
        System.exit(run(new Examples(), arguments));
    }

    /** Runs a command and tells how it ended: 0, 2 for wrong usage, or as {@link StatusExit} says. */
    public static int run(Object command, String... arguments) {
        return commandLine(command).execute(arguments);
    }

    /** The command as it is run, for whoever wants its output elsewhere. */
    public static CommandLine commandLine(Object command) {
        return new CommandLine(command)
                .setParameterExceptionHandler(Examples::complain)
                .setExecutionExceptionHandler(new StatusExit());
    }

    /** What is wrong, and not the whole usage after it. */
    private static int complain(ParameterException wrong, String[] arguments) {
        CommandLine command = wrong.getCommandLine();
        command.getErr().println(wrong.getMessage());
        command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        command.getErr().flush();
        return CommandLine.ExitCode.USAGE;
    }
}
