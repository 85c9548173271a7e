# Completion of jeton for bash. Print this with: jeton completions bash
_jeton() {
    local line directive=
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z $directive ]]; then
            directive=$line
        else
            COMPREPLY+=("$line")
        fi
    done < <(command jeton complete bash -- "$COMP_LINE" "$COMP_POINT" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
    # Bash before version 4 has no compopt.
    case $directive in
        partial) compopt -o nospace ;;
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
    esac 2>/dev/null
}
# Bash before version 4.4 has no nosort.
complete -o nosort -F _jeton jeton 2>/dev/null || complete -F _jeton jeton
