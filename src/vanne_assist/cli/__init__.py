"""The commands of Assist: each module is one command, which `vanne_assist.plugin` registers."""
