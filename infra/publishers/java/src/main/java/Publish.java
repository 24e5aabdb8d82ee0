import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publish submissions to turnlog, one JSON object a line: java -cp 'target/classes:target/dependency/*' Publish [FILE] */
public final class Publish {
    private static final Map<String, Object> SETTINGS = Map.of(
            "bootstrap.servers", System.getenv().getOrDefault("TURNLOG_KAFKA", "127.0.0.1:9092"),
            "acks", "all",
            "enable.idempotence", true,
            "max.request.size", 2 << 20,
            "linger.ms", 5);

    private static String escaped(JsonObject fields, String name) {
        return fields.get(name).getAsString().replace("%", "%25").replace("/", "%2F");
    }

    /** org_id/user_id: what belongs together stays in order. */
    private static String keyOf(String line) {
        JsonObject fields = JsonParser.parseString(line).getAsJsonObject();
        return escaped(fields, "org_id") + "/" + escaped(fields, "user_id");
    }

    private static long publish(BufferedReader lines) throws IOException {
        String topic = System.getenv().getOrDefault("TURNLOG_TURNS_TOPIC", "turns");
        AtomicLong failed = new AtomicLong();
        long sent = 0;
        StringSerializer text = new StringSerializer();
        try (Producer<String, String> producer = new KafkaProducer<>(SETTINGS, text, text)) {
            for (String line; (line = lines.readLine()) != null; ) {
                long number = ++sent;
                String key;
                try {
                    key = keyOf(line);
                } catch (RuntimeException error) { // no object with both ids
                    failed.incrementAndGet();
                    System.err.println("line " + number + ": " + error);
                    continue;
                }
                producer.send(new ProducerRecord<>(topic, key, line), (place, error) -> {
                    if (error != null) {
                        failed.incrementAndGet();
                        System.err.println("line " + number + ": " + error.getMessage());
                    }
                });
            }
        } // closing waits for what is under way
        System.err.println((sent - failed.get()) + " of " + sent + " records acknowledged");
        return failed.get();
    }

    public static void main(String[] arguments) throws IOException {
        var input = arguments.length > 0 ? new FileInputStream(arguments[0]) : System.in;
        try (var lines = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8))) {
            if (publish(lines) > 0) {
                System.exit(1);
            }
        }
    }
}
