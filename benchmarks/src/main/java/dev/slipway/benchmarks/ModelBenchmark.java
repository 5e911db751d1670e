package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.builder.BuildOptions;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whole models against ONNX Runtime, interleaved in one process on the same inputs and threads. Inputs lie in native
 * memory, outputs stay where each engine puts them; nothing else is inside the timed region.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2}, {@code --samples 31}, {@code --runs 3}
 * of the whole table, of which each row keeps its median, {@code --only TEXT}, {@code --quantized} for quantised models
 * only, each against our plan of its model of floats too, {@code --write FOLDER} to only write those of them that are
 * made here, which takes minutes, to be found there later, {@code --tuning off|fast|full}, {@code --json FILE},
 * {@code --markdown FILE}.
 */
public final class ModelBenchmark {
  private final List<Path> folders;
  private final List<Integer> threads;
  private final int samples;
  private final int runs;
  private final String only;
  private final List<Workload> workloads;
  private final BuildOptions options;
  private final Optional<Path> written;
  private final Optional<Path> json;
  private final Optional<Path> markdown;

  private ModelBenchmark(Arguments arguments) {
    folders = arguments.paths();
    threads = arguments.threads(1, 2);
    samples = arguments.integer("--samples", 31);
    runs = arguments.integer("--runs", 1);
    only = arguments.text("--only", "");
    workloads = arguments.has("--quantized") ? Workload.QUANTIZED : Workload.FLOATS;
    options = arguments.build(BuildOptions.defaults());
    written = arguments.path("--write");
    json = arguments.path("--json");
    markdown = arguments.path("--markdown");
  }

  public static void main(String[] arguments) throws Exception {
    List<String> options = List.of(
        "--threads", "--samples", "--runs", "--only", "--write", "--tuning", "--json", "--markdown");
    ModelBenchmark benchmark = new ModelBenchmark(Arguments.parse(arguments, options, "--quantized"));
    if (benchmark.written.isPresent()) {
      benchmark.writeQuantized(benchmark.written.get());
    } else {
      benchmark.run();
    }
    System.exit(0);
  }

  private void writeQuantized(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (Workload workload : Workload.QUANTIZED) {
      if (workload.name().contains(only) && workload.source() instanceof ModelSource.Quantized source) {
        Path file = folder.resolve(source.fileName());
        source.graph(folders).ifPresent(graph -> OnnxWriter.write(graph, file));
        System.out.println(file);
      }
    }
  }

  private void run() throws Exception {
    List<ModelContest> contests = contests();
    List<List<ModelResult>> results = new ArrayList<>();
    contests.forEach(contest -> results.add(new ArrayList<>()));
    for (int run = 1; run <= runs; run++) {
      System.out.printf("%-28s %7s %10s %10s %7s %8s %9s %9s %10s %8s%n", "run " + run, "threads", "slipway ms",
          "ort ms", "ratio", "build s", "load ms", "ort load", "max diff", "to fp32");
      for (int i = 0; i < contests.size(); i++) {
        ModelResult result = contests.get(i).measure(samples);
        results.get(i).add(result);
        print(result);
      }
    }
    for (ModelContest contest : contests) {
      contest.close();
    }
    write(new ModelReport(device(), command(), samples, runs, results.stream().map(ModelResult::median).toList()));
  }

  private List<ModelContest> contests() throws IOException {
    List<ModelContest> contests = new ArrayList<>();
    for (Workload workload : workloads) {
      if (!workload.name().contains(only)) {
        continue;
      }
      Optional<Graph> model = workload.source().graph(folders);
      if (model.isEmpty()) {
        System.out.println(workload.name() + ": not found: " + workload.source());
        continue;
      }
      for (int count : threads) {
        Optional<Path> file = workload.source().file(folders);
        contests.add(new ModelContest(workload, folders, model.get(), file, count, options));
      }
    }
    return contests;
  }

  private static void print(ModelResult result) {
    System.out.printf(Locale.ROOT, "%-28s %7d %10.3f %10.3f %7.2f %8.2f %9.1f %9.1f %10.1e %8s%n", result.model(),
        result.threads(), result.oursMillis(), result.theirsMillis(), result.ratio(), result.buildSeconds(),
        result.loadMillis(), result.theirLoadMillis(), result.difference(),
        Double.isNaN(result.floatSpeedup()) ? "" : String.format(Locale.ROOT, "%.2f", result.floatSpeedup()));
  }

  private void write(ModelReport report) throws IOException {
    System.out.print(report.summary());
    if (json.isPresent()) {
      Files.writeString(json.get(), report.toJson());
    }
    if (markdown.isPresent()) {
      Files.writeString(markdown.get(), report.toMarkdown());
    }
  }

  private String command() {
    return "ModelBenchmark FOLDERS --threads " + threads.stream().map(String::valueOf).collect(Collectors.joining(","))
        + " --samples " + samples + " --runs " + runs + " --tuning " + options.tuning().name().toLowerCase(Locale.ROOT)
        + (workloads.equals(Workload.QUANTIZED) ? " --quantized" : "")
        + (only.isEmpty() ? "" : " --only " + only);
  }

  private static String device() {
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(1))) {
      return backend.device().description();
    }
  }
}
