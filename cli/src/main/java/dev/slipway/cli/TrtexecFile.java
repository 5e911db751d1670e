package dev.slipway.cli;

import dev.slipway.analysis.Measurement;
import dev.slipway.runtime.RunTime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON files that trtexec writes, for the scripts that read them.
 * Source: TensorRT, samples/common/sampleReporting.cpp (exportJSONTrace, exportJSONProfile).
 */
final class TrtexecFile {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private TrtexecFile() {}

  /** One object for each run; enqueueing and copies take no time here. */
  static void writeTimes(Path file, List<Measurement.TimedRun> runs) {
    List<Map<String, Object>> entries = new ArrayList<>();
    for (Measurement.TimedRun run : runs) {
      double start = run.start() / 1e6;
      double end = run.end() / 1e6;
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("startEnqMs", start);
      entry.put("endEnqMs", start);
      entry.put("startH2dMs", start);
      entry.put("endH2dMs", start);
      entry.put("startComputeMs", start);
      entry.put("endComputeMs", end);
      entry.put("startD2hMs", end);
      entry.put("endD2hMs", end);
      entry.put("h2dMs", 0.0);
      entry.put("computeMs", end - start);
      entry.put("d2hMs", 0.0);
      entry.put("latencyMs", run.latencyNanos() / 1e6);
      entries.add(entry);
    }
    write("--export-times", file, entries);
  }

  /** The number of runs, then one object for each step. */
  static void writeProfile(Path file, List<RunTime> runs) {
    Map<String, List<Double>> millis = new LinkedHashMap<>();
    for (RunTime run : runs) {
      run.steps().forEach(step ->
          millis.computeIfAbsent(step.node(), node -> new ArrayList<>()).add(step.nanos() / 1e6));
    }
    double total = millis.values().stream().flatMap(List::stream).mapToDouble(Double::doubleValue).sum();
    List<Map<String, Object>> entries = new ArrayList<>();
    entries.add(Map.of("count", runs.size()));
    millis.forEach((step, times) -> {
      double sum = times.stream().mapToDouble(Double::doubleValue).sum();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", step);
      entry.put("timeMs", sum);
      entry.put("averageMs", sum / times.size());
      entry.put("medianMs", times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow());
      entry.put("percentage", total == 0 ? 0 : 100 * sum / total);
      entries.add(entry);
    });
    write("--export-profile", file, entries);
  }

  private static void write(String option, Path file, Object content) {
    OutputFile.write(option, file, JSON.writeValueAsString(content) + System.lineSeparator());
  }
}
