"""Latency of ResNet-50, MobileNetV2 and BERT-base in PyTorch, float16, as a captured CUDA graph and compiled.

python3 pytorch.py [--models resnet50,mobilenet_v2,bert] [--batches 1,8,32,128] [--compile 1,32,128]
                   [--seconds 100] [--json FILE]

A process for each model and batch. Plain graphs are timed one process after the other, with and without folded batch
normalisation, channels last. Then all compile at once (torch.compile, max-autotune-no-cudagraphs; convolutions by cuDNN
alone unless --triton-convolutions); a lock keeps what the compiler measures apart from other processes. What is done
after --seconds is captured and timed, one process after the other. Times are of 200 replays, each with the wait for its
end, in milliseconds. Needs torch, torchvision and transformers.
"""
import argparse
import contextlib
import fcntl
import json
import select
import subprocess
import sys
import tempfile
import time

REPLAYS = 200


@contextlib.contextmanager
def alone(path):
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def captured(torch, run):
    """A graph of what run enqueues."""
    stream = torch.cuda.Stream()
    with torch.inference_mode():
        with torch.cuda.stream(stream):
            for _ in range(3):
                run()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            run()
    torch.cuda.synchronize()
    return graph


def timed(torch, graph):
    for _ in range(20):
        graph.replay()
    torch.cuda.synchronize()
    times = []
    for _ in range(REPLAYS):
        start = time.perf_counter()
        graph.replay()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    return {"medianMs": round(times[REPLAYS // 2], 4), "minMs": round(times[0], 4),
            "p90Ms": round(times[REPLAYS * 9 // 10], 4)}


def picture_model(torch, name, batch, fold):
    import torchvision
    from torch.fx.experimental.optimization import fuse
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval()
    model = (fuse(model) if fold else model).half().cuda().to(memory_format=torch.channels_last)
    x = torch.randn(batch, 3, 224, 224, device="cuda").half().to(memory_format=torch.channels_last)
    return model, (x,)


def text_model(torch, batch):
    """BERT-base on 128 tokens, of which the last 28 are masked."""
    from transformers import BertConfig, BertModel

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = BertModel(BertConfig(attn_implementation="sdpa"), add_pooling_layer=False)

        def forward(self, tokens, mask):
            return self.bert(tokens, attention_mask=mask).last_hidden_state

    tokens = torch.randint(0, 30000, (batch, 128), device="cuda")
    mask = (torch.arange(128, device="cuda") < 100).half().expand(batch, 1, 128, 128)
    return Hidden().eval().half().cuda(), (tokens, (1 - mask) * -10000.0)


def child(name, batch, lock, threads, triton):
    """Writes a line of JSON when its graphs are captured, and for each line that it reads: plain, compile, compiled."""
    import torch
    torch.backends.cudnn.benchmark = True
    answer = sys.stdout
    sys.stdout = sys.stderr

    def model(fold):
        return text_model(torch, batch) if name == "bert" else picture_model(torch, name, batch, fold)

    graphs = {}
    with alone(lock):
        for fold in [True] if name == "bert" else [True, False]:
            network, inputs = model(fold)
            graphs["" if name == "bert" else "folded" if fold else "unfolded"] = captured(
                torch, lambda: network(*inputs))
    compiled = None
    print("{}", file=answer, flush=True)
    for line in sys.stdin:
        result = {}
        try:
            if line.strip() == "plain":
                result = {key: timed(torch, graph) for key, graph in graphs.items()}
                result["versions"] = [torch.__version__, torch.version.cuda, torch.backends.cudnn.version(),
                                      torch.cuda.get_device_name()]
            elif line.strip() == "compile":
                start = time.time()
                network, inputs = model(True)
                function = compile_alone(torch, network, lock, threads, triton)
                with torch.inference_mode():
                    function(*inputs)
                result = {"compileSeconds": round(time.time() - start, 1)}
                compiled = function, inputs
            else:
                result = timed(torch, captured(torch, lambda: compiled[0](*compiled[1])))
        except Exception as e:
            result = {"error": repr(e)[:300]}
        print(json.dumps(result), file=answer, flush=True)


def compile_alone(torch, network, lock, threads, triton):
    import torch._inductor.config as config
    from torch._inductor.runtime import benchmarking
    config.compile_threads = threads
    if not triton:
        config.max_autotune_conv_backends = "ATEN"
    kind = type(benchmarking.benchmarker)
    measure = kind.benchmark_gpu

    def measure_alone(self, *arguments, **options):
        with alone(lock):
            return measure(self, *arguments, **options)

    kind.benchmark_gpu = measure_alone
    return torch.compile(network, mode="max-autotune-no-cudagraphs", dynamic=False)


class Process:
    def __init__(self, name, batch, lock, options):
        self.name, self.batch, self.row = name, batch, {"model": name, "batch": batch}
        threads = 4 if name == "bert" else 1
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--child", name, str(batch), lock, str(threads),
             str(options.triton_convolutions)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def send(self, line):
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self.process.stdin, flush=True)

    def answer(self, seconds):
        if not select.select([self.process.stdout], [], [], max(0, seconds))[0]:
            return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "ended"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", default="resnet50,mobilenet_v2,bert")
    parser.add_argument("--batches", default="1,8,32,128")
    parser.add_argument("--compile", default="1,32,128")
    parser.add_argument("--seconds", type=float, default=100)
    parser.add_argument("--triton-convolutions", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile() as lock:
        processes = [Process(name, int(batch), lock.name, options)
                     for name in options.models.split(",") for batch in options.batches.split(",")]
        measure(processes, options)
        for process in processes:
            process.process.kill()
    rows = [process.row for process in processes]
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"precision": "float16", "replays": REPLAYS, "rows": rows}, file, indent=2)


def measure(processes, options):
    for process in processes:
        process.answer(90)
    for process in processes:
        process.send("plain")
        process.row["plain"] = process.answer(20)
        print(process.name, process.batch, process.row["plain"], flush=True)
    compiling = [process for process in processes if str(process.batch) in options.compile.split(",")]
    for process in compiling:
        process.send("compile")
    end = time.time() + options.seconds
    for process in compiling:
        process.row["compile"] = process.answer(end - time.time()) or {"error": "did not finish in time"}
    for process in compiling:
        if "error" in process.row["compile"]:
            process.process.kill()
    for process in compiling:
        if "error" not in process.row["compile"]:
            process.send("compiled")
            process.row["compiled"] = process.answer(30)
        print(process.name, process.batch, process.row["compile"], process.row.get("compiled"), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), sys.argv[6] == "True")
    else:
        main()
