package dev.homeport.bench.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A recording as a JSON file: for other programs, and to be drawn later. */
public final class Json {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private Json() {}

    public static void write(Path file, Recording recording) throws IOException {
        Files.writeString(file, GSON.toJson(recording) + "\n");
    }

    /** @throws IOException if the file is none that {@link #write} made */
    public static Recording read(Path file) throws IOException {
        try {
            Recording recording = GSON.fromJson(Files.readString(file), Recording.class);
            if (recording == null || recording.results() == null || recording.machine() == null) {
                throw new IOException("not a recording of a run: " + file);
            }
            return recording;
        } catch (JsonParseException e) {
            throw new IOException("not JSON of a run: " + file, e);
        }
    }
}
