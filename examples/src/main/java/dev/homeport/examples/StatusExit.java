package dev.homeport.examples;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/**
 * What a command says of a call that failed, in one line, and its exit code: {@link #FIRST} and gRPC's number. Other
 * failures end with 1.
 */
public final class StatusExit implements IExecutionExceptionHandler {
    /** Added to the number of the status, so that 64 + 14 means UNAVAILABLE; what is below has other meanings. */
    public static final int FIRST = 64;

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
        PrintWriter errors = command.getErr();
        try {
            if (failure instanceof StatusRuntimeException || failure instanceof StatusException) {
                Status status = Status.fromThrowable(failure);
                errors.println(describe(status));
                return FIRST + status.getCode().value();
            }
            if (failure instanceof IOException || failure instanceof IllegalArgumentException) {
                // What a user did or the host lacks, such as a name that is taken: no matter for a stack trace.
                errors.println(failure.getMessage());
                return CommandLine.ExitCode.SOFTWARE;
            }
        } finally {
            errors.flush();
        }
        throw failure;
    }

    /** The status in one line. */
    public static String describe(Status status) {
        return status.getDescription() == null
                ? status.getCode().toString()
                : status.getCode() + ": " + status.getDescription();
    }
}
