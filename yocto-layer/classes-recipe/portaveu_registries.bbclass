# Package registries by what the builder calls them (README, "Sources"); a company has mirrors of its own. A recipe
# says in PORTAVEU_REGISTRIES which of them it fetches from.

PORTAVEU_REGISTRIES ?= ""
PORTAVEU_CRATES ??= ""
PORTAVEU_PYPI ??= ""
PORTAVEU_NPM ??= ""

# Only an anonymous function can skip a recipe, and without it the fetcher would say that "https:///" does not resolve.
# nooelint: oelint.task.noanonpython
python () {
    for name in d.getVar("PORTAVEU_REGISTRIES").split():
        if not d.getVar(name):
            raise bb.parse.SkipRecipe("%s is not set; yocto-layer/README.md says what to write into site.conf" % name)
}
