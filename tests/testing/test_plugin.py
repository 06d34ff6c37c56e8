"""The pytest plugin, in test suites of its own."""

import importlib.metadata
import statistics
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

QUIET = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
FRESH_WORLDS = """
    import urllib.request as u

    import pytest

    def ask(evi, path):
        u.urlopen(u.Request(evi.url + path, headers={"X-Hume-Api-Key": evi.api_key})).read()

    @pytest.mark.parametrize("number", range(8))
    def test_fresh(evi, number):
        assert (len(evi.chats), len(evi.configs)) == (12, 4)
        assert evi.journal.entries() == []
        assert evi.world.stubs == []
        assert evi.script.rules == []
        assert evi.webhooks.deliveries == []
        assert (evi.clock.mode, list(evi.world.faults)) == ("system", [])
        ask(evi, "/v0/evi/configs")
        evi.simulate(user=["Hello"])
        evi.client().empathic_voice.prompts.create_prompt(name="Mine", text="x")
        evi.script.on_user("x").say("y")
        evi.clock.freeze()
        evi.webhooks.misbehave("drop")
        evi.webhook_receiver()
        assert "Mine" in evi.prompts
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run a suite in this process, which has imported most of what it needs."""
    return pytester.runpytest_inprocess(*QUIET, *arguments)


def run_apart(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run a suite in a process of its own."""
    return pytester.runpytest_subprocess(*QUIET, *arguments)


# what installing it does


@pytest.mark.process
def test_it_registers_itself(pytester: pytest.Pytester) -> None:
    """Without a conftest or an option, the fixtures are there; the page's first lines work."""
    pytester.makepyfile(
        """
        def test_my_app(evi, evi_server):
            evi.script.on_user("weather").say("It snows.")
            chat = evi.simulate(user=["What's the weather?"])
            assert chat.messages[-1] == ("assistant", "It snows.")
            assert evi.url == evi_server.url
        """
    )
    run_apart(pytester, "--strict-markers", "-W", "error").assert_outcomes(passed=1)


def test_a_tool_call_that_is_never_answered_fails_the_test(pytester: pytest.Pytester) -> None:
    """An app that waits for the assistant ends, and the report names the call, whatever failed."""
    pytester.makepyfile(
        """
        import json
        from websockets.sync.client import connect

        def have_chat(evi):
            evi.tool_call_patience_s = 0.01
            evi.script.on_user("weather").call_tool("get_weather", {}).say("It snows.")
            url = f"{evi.ws_url}?api_key={evi.api_key}"
            with connect(url, proxy=None, max_queue=None) as socket:
                socket.send(json.dumps({"type": "user_input", "text": "weather"}))
                return [json.loads(frame)["type"] for frame in socket]

        def test_that_would_pass(evi):
            have_chat(evi)

        def test_that_fails(evi):
            assert "assistant_end" in have_chat(evi)
        """
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "E * AssertionError: tool_call call_* was never answered: *get_weather*",
            "*what the EVI world waited for in vain*",
            "tool_call call_* was never answered: *get_weather*",
        ]
    )


def test_what_pytest_tells_of_it(pytester: pytest.Pytester) -> None:
    """Fixtures and marker have a line of help."""
    fixtures = run(pytester, "--fixtures").stdout
    fixtures.fnmatch_lines_random(
        [
            "evi_settings [[]session scope[]] -- *pytest_plugin.py:*",
            "*Return the settings of the server. Override it to change them.",
            "evi_server [[]session scope[]] -- *pytest_plugin.py:*",
            "evi -- *pytest_plugin.py:*",
            "*Yield a fresh world *",
        ]
    )
    run(pytester, "--markers").stdout.fnmatch_lines(["@pytest.mark.evi(*): settings of *"])


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    """-p no:evi-emulator, as for any plugin."""
    pytester.makepyfile("def test(evi): pass")
    result = run(pytester, "-p", "no:evi-emulator")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'evi' not found"])


# what it costs those who don't use it


@pytest.mark.process
def test_nothing_is_imported_before_it_is_needed(pytester: pytest.Pytester) -> None:
    """A suite that uses no fixture of it imports `emulator` and the plugin, and nothing else."""
    pytester.makepyfile(
        """
        import sys

        HEAVY = ("starlette", "uvicorn", "uvloop", "pydantic", "yaml", "orjson", "jsonschema_rs",
                 "websockets", "aiohttp", "hume", "httptools")

        def ours():
            return {name for name in sys.modules if name.split(".")[0] == "emulator"}

        def test_before():
            assert ours() == {"emulator", "emulator.version", "emulator.pytest_plugin"}
            assert [name for name in HEAVY if name in sys.modules] == []

        def test_asking(evi):
            assert "starlette" in sys.modules
        """
    )
    others = [
        argument
        for each in importlib.metadata.entry_points(group="pytest11")
        if each.name != "evi-emulator"
        for argument in ("-p", f"no:{each.name}")
    ]
    run_apart(pytester, *others).assert_outcomes(passed=2)


@pytest.mark.process
def test_loading_it_takes_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    """The aim is 5 ms, in a fresh interpreter that has pytest; four times that is let pass."""
    code = (
        "import pytest, time\n"
        "begin = time.perf_counter()\n"
        "import emulator.pytest_plugin\n"
        "print((time.perf_counter() - begin) * 1000)"
    )
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, timeout=60
            ).stdout
        )
        for _ in range(7)
    ]
    with capsys.disabled():
        print(f"\nimport of the plugin: {statistics.median(times):.2f} ms")  # noqa: T201
    assert statistics.median(times) < 20


# worlds


def test_nothing_leaks_between_tests(pytester: pytest.Pytester) -> None:
    """Whatever a test did, the next one finds a world like the first."""
    pytester.makepyfile(FRESH_WORLDS)
    run(pytester, "-W", "error").assert_outcomes(passed=8)


@pytest.mark.process
def test_in_parallel_processes(pytester: pytest.Pytester) -> None:
    """With pytest-xdist each worker has a server, and each test a world."""
    pytester.makepyfile(FRESH_WORLDS)
    pytester.makepyfile(
        test_more="""
        def test_port(evi, worker_id):
            assert worker_id in ("gw0", "gw1")
            assert evi.simulate(user=["Hello"]).status == "USER_ENDED"
        """
    )
    run(pytester, "-n", "2", "-W", "error").assert_outcomes(passed=9)


@pytest.mark.process
def test_failures_in_parallel_processes(pytester: pytest.Pytester) -> None:
    """The section with the timeline comes through from the workers."""
    pytester.makepyfile(
        """
        def test_fails(evi):
            evi.clock.freeze()
            assert False
        """
    )
    result = run(pytester, "-n", "2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*what happened in the EVI world*", "*clock    freeze (manual)"])


def test_the_server_is_one_and_the_keys_are_many(pytester: pytest.Pytester) -> None:
    """All tests of a run share the port; the worlds of those that are over are forgotten."""
    pytester.makepyfile(
        """
        seen = []

        def look(evi, evi_server):
            seen.append((evi.url, evi.api_key))
            assert len({url for url, _ in seen}) == 1
            assert len({key for _, key in seen}) == len(seen)
            worlds = evi_server._server.app.worlds._worlds
            assert [key for key in worlds] == [evi.api_key]

        def test_one(evi, evi_server): look(evi, evi_server)
        def test_two(evi, evi_server): look(evi, evi_server)
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_worlds_are_not_kept(pytester: pytest.Pytester) -> None:
    """A suite of ten thousand tests has one world in memory, not ten thousand."""
    pytester.makepyfile(
        """
        import gc
        import weakref

        worlds = []

        def test_one(evi):
            worlds.append(weakref.ref(evi.world))

        def test_two(evi):
            gc.collect()
            assert worlds[0]() is None
        """
    )
    run(pytester).assert_outcomes(passed=2)


# options


def test_the_marker(pytester: pytest.Pytester) -> None:
    """Options for a module, a class, a test: the nearest wins, the others stay."""
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.evi(seed="empty", random_seed=1)

        def test_module(evi):
            assert (len(evi.configs), evi.clock.mode) == (0, "system")

        @pytest.mark.evi(clock="manual")
        class TestClass:
            def test_class(self, evi):
                assert (len(evi.configs), evi.clock.mode) == (0, "manual")

            @pytest.mark.evi(seed="demo")
            def test_own(self, evi):
                assert (len(evi.configs), evi.clock.mode) == (4, "manual")
                assert evi.world.settings.random_seed == 1

        @pytest.mark.parametrize(
            "name", ["empty", pytest.param("demo", marks=pytest.mark.evi(seed="demo"))]
        )
        def test_param(evi, name):
            assert len(evi.configs) == {"empty": 0, "demo": 4}[name]
        """
    )
    run(pytester, "--strict-markers").assert_outcomes(passed=5)


def test_a_mistake_in_the_marker(pytester: pytest.Pytester) -> None:
    """The test has an error that says what was probably meant."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.evi(sed="empty")
        def test_name(evi): pass

        @pytest.mark.evi(clock="manul")
        def test_value(evi): pass
        """
    )
    result = run(pytester)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*UsageError: no setting 'sed' (did you mean 'seed'?)*",
            "*UsageError: clock must be one of system, manual (did you mean 'manual'?)*",
        ]
    )


def test_a_marker_with_a_value_but_no_name(pytester: pytest.Pytester) -> None:
    """@pytest.mark.evi("empty") is a mistake, not a demo world."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.evi("empty")
        def test(evi): pass
        """
    )
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UsageError: *mark.evi* must be a dict *; got 'empty'"])


def test_fixtures_can_be_overridden(pytester: pytest.Pytester) -> None:
    """As with pytest-httpserver: settings for the run, or for a module; the world prepared."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def evi_settings():
            return {"seed": "empty", "random_seed": 5}
        """
    )
    pytester.makepyfile(
        test_plain="""
        def test_settings(evi, evi_server):
            assert evi_server.settings.random_seed == 5
            assert len(evi.configs) == 0
        """,
        test_prepared="""
        import pytest

        @pytest.fixture
        def evi(evi):
            evi.seed("demo")
            evi.script.on_anything().say("Prepared.")
            return evi

        def test_world(evi):
            assert len(evi.configs) == 4
            assert evi.simulate(user=["x"]).messages[-1] == ("assistant", "Prepared.")

        @pytest.mark.evi(clock="manual")
        def test_marker_too(evi):
            assert evi.clock.mode == "manual"
        """,
        test_server="""
        import pytest
        from emulator import Emulator

        @pytest.fixture(scope="module")
        def evi_server():
            with Emulator(seed="demo", api_key=("mine",)) as server:
                yield server

        def test_own_server(evi, evi_server):
            assert evi_server.settings.api_key == ("mine",)
            assert evi.url == evi_server.url
            assert len(evi.configs) == 4
        """,
    )
    run(pytester, "-W", "error").assert_outcomes(passed=4)


def test_settings_as_an_object(pytester: pytest.Pytester) -> None:
    """Fixture and marker take a Settings object or a dict; what is a default stays as it was."""
    pytester.makeconftest(
        """
        import pytest
        from emulator.settings import Settings

        @pytest.fixture(scope="session")
        def evi_settings():
            return Settings(seed="empty", random_seed=5)
        """
    )
    pytester.makepyfile(
        """
        import pytest
        from emulator import Evi
        from emulator.settings import Settings

        def test_fixture(evi: Evi, evi_server):
            assert isinstance(evi, Evi)
            assert evi_server.settings.random_seed == 5
            assert (len(evi.configs), evi.clock.mode) == (0, "system")
            assert not evi.url.endswith(":8484")  # any free port

        @pytest.mark.evi(Settings(clock="manual"))
        def test_marker(evi):
            assert (len(evi.configs), evi.clock.mode) == (0, "manual")

        @pytest.mark.evi({"clock": "manual"}, seed="demo")
        def test_dict(evi):
            assert (len(evi.configs), evi.clock.mode) == (4, "manual")
        """
    )
    run(pytester, "-W", "error").assert_outcomes(passed=3)


def test_a_mistake_in_the_settings(pytester: pytest.Pytester) -> None:
    """Every test that needs the server has an error that names the setting."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def evi_settings():
            return {"seed": "nowhere.yaml"}
        """
    )
    pytester.makepyfile("def test_one(evi): pass\ndef test_two(): pass")
    result = run(pytester)
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*SeedError: *nowhere.yaml*"])


# how tests are written


@pytest.mark.process
def test_unittest(pytester: pytest.Pytester) -> None:
    """`Emulator` in setUp and tearDown, with or without pytest."""
    path = pytester.makepyfile(
        """
        import unittest
        from emulator import Emulator

        class Test(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.server = Emulator(seed="empty").start()
                cls.addClassCleanup(cls.server.stop)

            def setUp(self):
                self.evi = self.server.world()
                self.addCleanup(self.evi.close)

            def test_one(self):
                self.assertEqual(self.evi.simulate(user=["Hello"]).status, "USER_ENDED")

            def test_two(self):
                self.assertEqual(self.evi.chats, [])
                with self.assertRaises(AssertionError):
                    self.evi.next_chat(timeout=0.01)

        if __name__ == "__main__":
            unittest.main()
        """
    )
    run(pytester, "-W", "error").assert_outcomes(passed=2)
    done = pytester.run(sys.executable, "-W", "error", str(path))
    assert done.ret == 0
    done.stderr.fnmatch_lines(["Ran 2 tests in *", "OK"])


def test_asyncio_and_anyio(pytester: pytest.Pytester) -> None:
    """The test and its client share a loop; nothing of it touches the server's."""
    pytester.makepyfile(
        """
        import asyncio
        import json

        import pytest
        from websockets.asyncio.client import connect

        async def play(evi):
            waiting = asyncio.create_task(evi.anext_chat())
            async with connect(f"{evi.ws_url}?api_key={evi.api_key}", proxy=None) as socket:
                chat = await waiting
                await socket.send(json.dumps({"type": "user_input", "text": "Hello"}))
                assert (await chat.aexpect("user_input"))["text"] == "Hello"
            await chat.aclosed()
            evi.clock.freeze()
            await evi.clock.aadvance(seconds=1)
            assert await evi.webhooks.adrain() == 0
            assert (await evi.journal.await_for("clock", action="advance"))["ms"] == 1000

        def test_asyncio(evi):
            asyncio.run(play(evi))

        def test_debug(evi):
            asyncio.run(play(evi), debug=True)

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_anyio(evi):
            await play(evi)

        @pytest.mark.anyio
        @pytest.mark.parametrize("number", range(3))
        async def test_again(evi, number):
            await play(evi)
        """
    )
    run(pytester, "-W", "error").assert_outcomes(passed=6)


def test_an_app_in_a_thread(pytester: pytest.Pytester) -> None:
    """What happens in another thread while the test waits."""
    pytester.makepyfile(
        """
        import json
        import threading

        from websockets.sync.client import connect

        def app(url, key):
            with connect(f"{url}?api_key={key}", proxy=None) as socket:
                socket.send(json.dumps({"type": "user_input", "text": "Hello"}))
                for frame in socket:
                    if json.loads(frame)["type"] == "assistant_end":
                        return

        def test_app(evi):
            evi.script.on_user("hello").say("Hi.")
            running = threading.Thread(target=app, args=(evi.ws_url, evi.api_key))
            running.start()
            chat = evi.next_chat(timeout=5)
            chat.expect("user_input", text="Hello", timeout=5)
            chat.closed(timeout=5)
            running.join()
            assert chat.messages == [("user", "Hello"), ("assistant", "Hi.")]
        """
    )
    run(pytester, "-W", "error").assert_outcomes(passed=1)


@pytest.mark.process
def test_an_app_in_a_process(pytester: pytest.Pytester) -> None:
    """evi.env is all that it needs, with Hume's client as with any other."""
    pytester.makepyfile(
        app="""
        import os
        from hume import HumeClient

        client = HumeClient(
            base_url=os.environ["HUME_BASE_URL"], api_key=os.environ["HUME_API_KEY"]
        )
        client.empathic_voice.prompts.create_prompt(name="From the app", text="x")
        """,
        test_app="""
        import subprocess
        import sys

        def test_app(evi):
            subprocess.run([sys.executable, "app.py"], env=evi.env, check=True)
            assert evi.journal.wait_for(operation="create-prompt")["status"] == 201
            assert evi.prompts["From the app"]["text"] == "x"
        """,
    )
    run_apart(pytester, "test_app.py").assert_outcomes(passed=1)


def test_a_fixture_of_ones_own(pytester: pytest.Pytester) -> None:
    """A fixture that builds on evi still has its world when it is torn down."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def app(evi):
            yield evi.client()
            assert len(evi.prompts) == 5

        def test_app(app, evi):
            app.empathic_voice.prompts.create_prompt(name="Mine", text="x")
        """
    )
    run(pytester).assert_outcomes(passed=1)


# failures


FAILING = """
    import pytest

    def ask(evi):
        evi.client().empathic_voice.tools.list_tools()
"""


def test_a_failed_test_tells_what_happened(pytester: pytest.Pytester) -> None:
    """Its report ends with the timeline; that of a test without a world has none."""
    pytester.makepyfile(
        FAILING
        + """
    def test_fails(evi):
        ask(evi)
        with pytest.raises(Exception):
            evi.client().empathic_voice.configs.get_config_version(id="x", version=0)
        assert 1 == 2

    def test_other():
        assert 3 == 4

    def test_fine(evi):
        ask(evi)
    """
    )
    result = run(pytester)
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*assert 1 == 2*",
            "*- what happened in the EVI world -*",
            "     1    +0.000 s  http     GET /v0/evi/tools?page_number=0 -> 200",
            "     2 * s  http     GET /v0/evi/configs/x/version/0 -> 422 *",
            "*assert 3 == 4*",
        ]
    )
    assert result.stdout.str().count("what happened in the EVI world") == 1


def test_a_fixture_that_fails_tells_what_happened(pytester: pytest.Pytester) -> None:
    """A fixture of the user's that needs the world and fails has the section too."""
    pytester.makepyfile(
        FAILING
        + """
    @pytest.fixture
    def app(evi):
        ask(evi)
        assert 1 == 2

    def test_app(app): pass
    """
    )
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*what happened in the EVI world*", "*GET /v0/evi/tools*"])


def test_an_unused_stub_fails_the_test(pytester: pytest.Pytester) -> None:
    """The run is red, and says which stub and how often it was used."""
    pytester.makepyfile(
        FAILING
        + """
    def test_unused(evi):
        evi.stub("list-tools", status=503)

    def test_used(evi):
        evi.stub("list-tools", status=404)
        with pytest.raises(Exception):
            ask(evi)
    """
    )
    result = run(pytester)
    result.assert_outcomes(passed=2, errors=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*AssertionError: stubs that nobody used: list-tools -> 503: used 0 of 1 times"]
    )


def test_an_unused_stub_tells_what_happened(pytester: pytest.Pytester) -> None:
    """What was called instead is what one wants to know."""
    pytester.makepyfile(
        FAILING
        + """
    def test_unused(evi):
        evi.stub("list-configs", status=503)
        ask(evi)
    """
    )
    result = run(pytester)
    result.stdout.fnmatch_lines(["*what happened in the EVI world*", "*GET /v0/evi/tools*"])


def test_a_failed_test_does_not_fail_twice(pytester: pytest.Pytester) -> None:
    """A test that failed before it got to its stub has one problem, not two."""
    pytester.makepyfile(
        """
        def test_fails(evi):
            evi.stub("list-tools", status=503)
            assert 1 == 2
        """
    )
    run(pytester).assert_outcomes(failed=1)


def test_a_failure_after_the_servers_end(pytester: pytest.Pytester) -> None:
    """However broken the world is, the failure itself is reported, and the run goes on."""
    pytester.makepyfile(
        """
        def test_fails(evi, evi_server):
            evi_server.stop()
            assert 1 == 2

        def test_other(): pass
        """
    )
    result = run(pytester)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    result.stdout.fnmatch_lines(["*assert 1 == 2*"])
    assert result.parseoutcomes()["passed"] == 1


def test_a_chat_that_is_left_open(pytester: pytest.Pytester) -> None:
    """A test that does not close its socket hurts neither the next one nor the end of the run."""
    pytester.makepyfile(
        """
        from websockets.sync.client import connect

        kept = []

        def test_one(evi):
            kept.append(connect(f"{evi.ws_url}?api_key={evi.api_key}", proxy=None))
            evi.next_chat()

        def test_two(evi):
            assert len(evi.chats) == 12
            for _ in kept[0]: pass  # ended with its world
            assert kept[0].close_code == 1000
        """
    )
    run(pytester).assert_outcomes(passed=2)
