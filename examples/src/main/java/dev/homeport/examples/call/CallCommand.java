package dev.homeport.examples.call;

import dev.homeport.examples.Examples;
import dev.homeport.generic.GenericMethod;
import dev.homeport.generic.GenericStub;
import io.grpc.StatusException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/**
 * Lists, describes and calls the methods of a server. Exit codes: 0; 2 for what cannot be asked, such as wrong usage,
 * an unknown method or JSON that does not fit; 64 and the number of gRPC's status for a call that failed.
 */
@Command(name = "call", mixinStandardHelpOptions = true, scope = ScopeType.INHERIT,
        description = "Calls any method of a gRPC server with JSON, here or elsewhere.",
        footer = {
            "",
            "A target is lpc:NAME, lpc:NAME,uid=N, host:port or any other of gRPC.",
            "Exit codes: 0; 2 for what cannot be asked; 64 + gRPC's status for a call that failed."
        })
public final class CallCommand {
    private static final String FROM_INPUT = "-";

    private final InputStream input;

    /** Made by the command that it is part of. */
    CallCommand() {
        this(System.in);
    }

    /** @param input holds the messages that are called "-" */
    CallCommand(InputStream input) {
        this.input = input;
    }

    public static void main(String[] arguments) {
        System.exit(Examples.run(new CallCommand(), arguments));
    }

    @Command(description = "Lists the server's services, or one service's methods.")
    void list(
            @Mixin CallTarget target,
            @Parameters(index = "1", arity = "0..1", defaultValue = "", paramLabel = "SERVICE") String service) {
        target.run(stub -> {
            PrintWriter out = target.commandLine().getOut();
            if (service.isEmpty()) {
                target.services(stub).forEach(out::println);
            } else {
                target.service(stub, service).getMethods().forEach(method -> out.println(method.getName()));
            }
            out.flush();
        });
    }

    @Command(description = "Describes a service, or a method with its messages.")
    void describe(
            @Mixin CallTarget target,
            @Parameters(index = "1", paramLabel = "NAME", description = "package.Service or package.Service/Method.")
                    String name) {
        target.run(stub -> {
            Description description = new Description();
            int slash = name.lastIndexOf('/');
            if (slash < 0) {
                description.add(target.service(stub, name));
            } else {
                // Asked for first, because it names what there is.
                String method = target.method(stub, name).descriptor().getBareMethodName();
                description.add(target.service(stub, name.substring(0, slash)).findMethodByName(method));
            }
            target.commandLine().getOut().print(description);
            target.commandLine().getOut().flush();
        });
    }

    @Command(description = {
        "Calls a method and prints each reply as it comes.",
        "Messages are taken from the arguments, then, for \"-\", from standard input, as many as there are. Without"
                + " any, a method that takes one message gets {}."
    })
    void send(
            @Mixin CallTarget target,
            @Option(names = "--deadline", paramLabel = "TIME", defaultValue = "", description = "Such as 1.5s or 2m.")
                    String deadline,
            @Parameters(index = "1", paramLabel = "METHOD", description = "package.Service/Method.") String name,
            @Parameters(index = "2..*", paramLabel = "JSON") List<String> messages) {
        Duration patience = durationOf(deadline, target);
        target.run(stub -> {
            GenericMethod method = target.method(stub, name);
            GenericStub timed = patience.isZero()
                    ? stub
                    : stub.withDeadlineAfter(patience.toNanos(), TimeUnit.NANOSECONDS);
            new JsonCall(timed, method, target).run(requests(messages == null ? List.of() : messages));
        });
    }

    private static Duration durationOf(String text, CallTarget target) {
        try {
            return text.isEmpty() ? Duration.ZERO : Duration.parse("PT" + text);
        } catch (DateTimeException e) {
            throw new ParameterException(target.commandLine(), "not a time such as 1.5s: " + text);
        }
    }

    /** The arguments, with what standard input holds in the place of "-". */
    private Iterator<String> requests(List<String> arguments) {
        List<String> given = new ArrayList<>(arguments);
        boolean more = !given.isEmpty() && given.getLast().equals(FROM_INPUT);
        if (!more) {
            return given.iterator();
        }
        given.removeLast();
        JsonTexts texts = new JsonTexts(new InputStreamReader(input, StandardCharsets.UTF_8));
        Iterator<String> first = given.iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return first.hasNext() || texts.hasNext();
            }

            @Override
            public String next() {
                return first.hasNext() ? first.next() : texts.next();
            }
        };
    }

    /** What is done with a stub. */
    interface Work {
        void run(GenericStub stub) throws StatusException, InterruptedException;
    }
}
