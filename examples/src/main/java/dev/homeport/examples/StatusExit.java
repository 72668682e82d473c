package dev.homeport.examples;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** What a command says of a call that failed, in one line, and its exit code: {@link #FIRST} and gRPC's number. */
public final class StatusExit implements IExecutionExceptionHandler {
    /** Added to the number of the status, so that 64 + 14 means UNAVAILABLE; what is below has other meanings. */
    public static final int FIRST = 64;

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
        if (!(failure instanceof StatusRuntimeException) && !(failure instanceof StatusException)) {
            throw failure;
        }
        Status status = Status.fromThrowable(failure);
        PrintWriter errors = command.getErr();
        errors.println(describe(status));
        errors.flush();
        return FIRST + status.getCode().value();
    }

    /** The status in one line. */
    public static String describe(Status status) {
        return status.getDescription() == null
                ? status.getCode().toString()
                : status.getCode() + ": " + status.getDescription();
    }
}
